import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { createPrivateBucket } from "../artifacts/private-bucket.ts";
import { allow, policyDocument } from "../policy.ts";

export interface AccessLogsArgs {
  readonly accountId: pulumi.Input<string>;
  readonly retentionDays: number;
}

/**
 * The service that writes the files, in every region; before 2022 it was an account for each.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
 */
const LOG_DELIVERY = "logdelivery.elasticloadbalancing.amazonaws.com";

/** A file that was not delivered whole. */
const UNFINISHED_UPLOAD_DAYS = 1;

/** The bucket of the load balancer's request log; with it goes the policy that the balancer tries when the log is turned on. */
export function createAccessLogs(name: string, args: AccessLogsArgs, parent: pulumi.Resource) {
  const opts = { parent };
  // S3's own keys, as in every bucket here: the log's delivery knows no others.
  const { bucket, ready } = createPrivateBucket(name, { forceDestroy: true }, opts);
  new aws.s3.BucketLifecycleConfiguration(
    name,
    {
      bucket: bucket.bucket,
      rules: [
        {
          id: "old",
          status: "Enabled",
          filter: { prefix: "" },
          expiration: { days: args.retentionDays },
          abortIncompleteMultipartUpload: { daysAfterInitiation: UNFINISHED_UPLOAD_DAYS },
        },
      ],
    },
    opts,
  );
  // Only in the folder of this account, into which the service writes for this account's balancers alone.
  const folder = pulumi.interpolate`${bucket.arn}/AWSLogs/${args.accountId}/*`;
  const policy = new aws.s3.BucketPolicy(
    name,
    {
      bucket: bucket.bucket,
      policy: policyDocument([
        { ...allow("DeliverAccessLogs", "s3:PutObject", folder), Principal: { Service: LOG_DELIVERY } },
      ]),
    },
    { ...opts, dependsOn: [ready] },
  );
  return { bucket, policy };
}
