import type { Graph } from "@cloudy/twin-model/graph.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";

export type Encryption = "AES256" | "aws:kms";

/** Since 2023 S3 encrypts everything; a bucket's settings say with which keys. */
export function encryptionOf(graph: Graph): (bucket: string) => Encryption {
  const kms = new Set<string>();
  const type = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
  for (const resource of graph.ofType(type)) {
    const properties = propertiesOf(resource);
    const [rule] = properties.children("rules");
    const algorithm = rule?.child("applyServerSideEncryptionByDefault")?.text("sseAlgorithm");
    if (algorithm === "aws:kms") kms.add(properties.text("bucket"));
  }
  return (bucket) => (kms.has(bucket) ? "aws:kms" : "AES256");
}
