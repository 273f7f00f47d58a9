import type { Supported } from "@cloudy/twin-model/graph.ts";

/** What the twin acts on, of each type. */
export const supported: Supported = {
  "aws:s3/bucket:Bucket": ["bucket", "bucketPrefix", "tags"],
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": ["bucket", "rules"],
  // Every request must be signed by a principal of the program, so nothing is ever public.
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": [
    "bucket",
    "blockPublicAcls",
    "blockPublicPolicy",
    "ignorePublicAcls",
    "restrictPublicBuckets",
  ],
  "aws:s3/bucketObjectv2:BucketObjectv2": [
    "bucket",
    "key",
    "source",
    "content",
    "contentBase64",
    "contentType",
    "metadata",
    "tags",
  ],
};
