import type { Graph } from "@cloudy/twin-model/graph.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import { type Policy, parsePolicy } from "./policy.ts";

/** Resource-based policies of the program by the ARN of what they protect. */
export function resourcePoliciesOf(graph: Graph): (resource: string) => readonly Policy[] {
  const policies = new Map<string, Policy[]>();
  const add = (arn: string, name: string, document: unknown) =>
    policies.set(arn, [...(policies.get(arn) ?? []), parsePolicy(name, document)]);
  for (const resource of graph.ofType("aws:s3/bucketPolicy:BucketPolicy")) {
    const properties = propertiesOf(resource);
    const bucket = properties.text("bucket");
    add(`arn:aws:s3:::${bucket}`, `the policy of bucket ${bucket}`, properties.raw("policy"));
  }
  for (const resource of graph.ofType("aws:secretsmanager/secretPolicy:SecretPolicy")) {
    const properties = propertiesOf(resource);
    const arn = properties.text("secretArn");
    add(arn, `the policy of secret ${arn}`, properties.raw("policy"));
  }
  for (const resource of graph.ofType("aws:secretsmanager/secret:Secret")) {
    const properties = propertiesOf(resource);
    const [arn, document] = [properties.text("arn"), properties.raw("policy")];
    if (document) add(arn, `the policy of secret ${arn}`, document);
  }
  for (const resource of graph.ofType("aws:efs/fileSystemPolicy:FileSystemPolicy")) {
    const properties = propertiesOf(resource);
    const id = properties.text("fileSystemId");
    const arn = `arn:aws:elasticfilesystem:${graph.region}:${graph.accountId}:file-system/${id}`;
    add(arn, `the policy of file system ${id}`, properties.raw("policy"));
  }
  for (const resource of graph.ofType("aws:sns/topicPolicy:TopicPolicy")) {
    const properties = propertiesOf(resource);
    const arn = properties.text("arn");
    add(arn, `the policy of topic ${arn}`, properties.raw("policy"));
  }
  // A bucket's policy covers its objects.
  return (resource) => policies.get(resource.startsWith("arn:aws:s3:::") ? bucketArn(resource) : resource) ?? [];
}

function bucketArn(resource: string): string {
  return resource.split("/")[0] ?? resource;
}
