import type { Graph } from "@cloudy/twin-model/graph.ts";

/**
 * What the program declares and only AWS can do. Each entry is shown by `twin up`; anything that is neither here nor acted
 * on by a service is refused by name.
 * `whole`: the type as such; otherwise property -> why the twin leaves it out.
 */
export const AWS_ONLY: Readonly<Record<string, "whole" | Readonly<Record<string, string>>>> = {
  "aws:efs/backupPolicy:BackupPolicy": "whole",
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "whole",
  "aws:s3/bucketVersioning:BucketVersioning": "whole",
  "aws:s3/bucket:Bucket": { forceDestroy: "buckets go with the twin" },
  "aws:secretsmanager/secret:Secret": { recoveryWindowInDays: "secrets go with the twin" },
};

/** The entries that the program really uses, a line each. */
export function awsOnlyOf(graph: Graph): readonly string[] {
  return Object.entries(AWS_ONLY).flatMap(([type, entry]) => {
    const resources = graph.ofType(type);
    if (resources.length === 0) return [];
    if (entry === "whole") return [type];
    return Object.entries(entry)
      .filter(([property]) => resources.some(({ inputs }) => inputs[property] !== undefined))
      .map(([property, reason]) => `${type} [${property}]: ${reason}`);
  });
}
