import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { createPrivateBucket } from "../artifacts/private-bucket.ts";
import { allow, type Statement } from "../policy.ts";

/** What an agent removes (or a stolen role would) can be brought back for this long. */
const REMOVED_DAYS = 7;

/** Parts of an upload whose machine was lost. */
const UNFINISHED_UPLOAD_DAYS = 2;

/**
 * The bucket of base backups and archived WAL. It outlives the stack: `pulumi destroy` leaves it, with what is in it.
 * Which backups go is the agent's to decide: a rule by age alone would delete the last ones after backups had stopped.
 */
export class Backups extends pulumi.ComponentResource {
  readonly bucket: aws.s3.Bucket;

  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("cloudy:infra:Backups", name, {}, opts);
    const kept = { parent: this, retainOnDelete: true };
    const { bucket } = createPrivateBucket(name, { forceDestroy: false }, kept);
    const versioning = new aws.s3.BucketVersioning(
      name,
      { bucket: bucket.bucket, versioningConfiguration: { status: "Enabled" } },
      kept,
    );
    new aws.s3.BucketLifecycleConfiguration(
      name,
      {
        bucket: bucket.bucket,
        rules: [
          {
            id: "removed",
            status: "Enabled",
            filter: { prefix: "" },
            noncurrentVersionExpiration: { noncurrentDays: REMOVED_DAYS },
            expiration: { expiredObjectDeleteMarker: true },
            abortIncompleteMultipartUpload: { daysAfterInitiation: UNFINISHED_UPLOAD_DAYS },
          },
        ],
      },
      { ...kept, dependsOn: [versioning] },
    );
    this.bucket = bucket;
    this.registerOutputs({ bucket: bucket.bucket });
  }

  /** What a database instance may do: add, read and hide objects, but not delete what is hidden. */
  statements(): readonly Statement[] {
    return [
      allow(
        "KeepBackups",
        ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
        pulumi.interpolate`${this.bucket.arn}/*`,
      ),
      allow("ListBackups", "s3:ListBucket", this.bucket.arn),
    ];
  }
}
