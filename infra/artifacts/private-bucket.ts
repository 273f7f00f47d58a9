import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/** An encrypted bucket that can never be public; `ready` is what must be there before anything is put into it. */
export function createPrivateBucket(
  name: string,
  args: { readonly forceDestroy: boolean },
  opts: pulumi.CustomResourceOptions,
): { readonly bucket: aws.s3.Bucket; readonly ready: aws.s3.BucketPublicAccessBlock } {
  const bucket = new aws.s3.Bucket(name, { forceDestroy: args.forceDestroy }, opts);
  const ready = new aws.s3.BucketPublicAccessBlock(
    name,
    {
      bucket: bucket.bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    opts,
  );
  new aws.s3.BucketServerSideEncryptionConfiguration(
    name,
    { bucket: bucket.bucket, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
    opts,
  );
  return { bucket, ready };
}
