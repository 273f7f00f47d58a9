import { type Bundle, buildBundle } from "@cloudy/bundle/bundle.ts";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { createPrivateBucket } from "./private-bucket.ts";

/** What runs where: the packages that instances fetch from S3, and the two functions' zip. */
interface Bundles {
  readonly api: Bundle;
  readonly dbAgent: Bundle;
  readonly hostMetrics: Bundle;
  readonly failover: Bundle;
}

export async function buildBundles(root: string, outputDir: string): Promise<Bundles> {
  const [api, dbAgent, hostMetrics, failover] = await Promise.all([
    buildBundle(root, "api", "tar.gz", outputDir),
    buildBundle(root, "db-agent", "tar.gz", outputDir),
    buildBundle(root, "host-metrics", "tar.gz", outputDir),
    buildBundle(root, "failover", "zip", outputDir),
  ]);
  return { api, dbAgent, hostMetrics, failover };
}

/** An artifact as an instance fetches and verifies it. */
export interface Artifact {
  readonly name: string;
  readonly sha256: string;
  readonly s3Uri: pulumi.Output<string>;
  /** ARN of all bundles: those of earlier versions are there for instances that are launched from an earlier template. */
  readonly bundlesArn: pulumi.Output<string>;
}

/**
 * A private bucket with one object a bundle, named by its SHA-256: a changed bundle is a new object and thus a new
 * launch template. Objects of earlier versions stay until the bucket goes: a roll that goes back boots from them.
 */
export class ArtifactStore extends pulumi.ComponentResource {
  readonly #bucket: aws.s3.Bucket;
  readonly #ready: aws.s3.BucketPublicAccessBlock;

  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("cloudy:infra:ArtifactStore", name, {}, opts);
    const { bucket, ready } = createPrivateBucket(name, { forceDestroy: true }, { parent: this });
    this.#bucket = bucket;
    this.#ready = ready;
    this.registerOutputs({ bucket: this.#bucket.bucket });
  }

  publish(bundle: Bundle): Artifact {
    const key = `${bundle.name}-${bundle.sha256}.tar.gz`;
    const object = new aws.s3.BucketObjectv2(
      bundle.name,
      { bucket: this.#bucket.bucket, key, source: new pulumi.asset.FileAsset(bundle.path) },
      { parent: this, dependsOn: [this.#ready], retainOnDelete: true },
    );
    return {
      name: bundle.name,
      sha256: bundle.sha256,
      s3Uri: pulumi.interpolate`s3://${object.bucket}/${object.key}`,
      bundlesArn: pulumi.interpolate`${this.#bucket.arn}/*`,
    };
  }
}
