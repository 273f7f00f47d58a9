import type { Compute, ResourceTypes } from "@cloudy/twin-model/resource-type.ts";

/** A setting of a bucket has the bucket's name as its id. */
const ofBucket: Compute = (s) => ({ id: s.text("bucket") });

/** Buckets, their settings and the objects that the program uploads. */
export const s3Resources: ResourceTypes = {
  "aws:s3/bucket:Bucket": {
    reads: ["bucket", "bucketPrefix"],
    awsOnly: { forceDestroy: "buckets go with the twin" },
    taggable: true,
    uniqueName: {
      taken: () =>
        "BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded and you already own it.",
    },
    computed: (s) => {
      const bucket = s.text("bucket") || s.name;
      const bucketRegionalDomainName = `${bucket}.s3.${s.account.region}.amazonaws.com`;
      return { id: bucket, bucket, arn: `arn:aws:s3:::${bucket}`, bucketRegionalDomainName };
    },
  },
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
    reads: ["bucket", "rules"],
    computed: ofBucket,
  },
  // Every request must be signed by a principal of the program, so nothing is ever public.
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
    reads: ["bucket", "blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"],
    computed: ofBucket,
  },
  // IAM evaluates it.
  "aws:s3/bucketPolicy:BucketPolicy": { reads: ["bucket", "policy"], computed: ofBucket },
  "aws:s3/bucketVersioning:BucketVersioning": {
    awsOnly: "the twin keeps one version: what is overwritten or removed is gone at once",
    computed: ofBucket,
  },
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
    awsOnly: "objects stay until somebody removes them or the twin ends",
    computed: ofBucket,
  },
  "aws:s3/bucketObjectv2:BucketObjectv2": {
    reads: ["bucket", "key", "source", "content", "contentBase64", "contentType", "metadata"],
    taggable: true,
    computed: (s) => ({ id: s.text("key"), arn: `arn:aws:s3:::${s.text("bucket")}/${s.text("key")}` }),
  },
};
