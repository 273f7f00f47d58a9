import type { Graph } from "./graph.ts";

/** `arn(graph, "ec2", "instance/i-0abc")` in the program's account and region. */
export function arn(graph: Pick<Graph, "region" | "accountId">, service: string, path: string): string {
  return `arn:aws:${service}:${graph.region}:${graph.accountId}:${path}`;
}

/** Condition keys of a tagged resource: AWS's global `aws:ResourceTag/…`, and the service's own where there is one. */
export function tagConditions(tags: Readonly<Record<string, string>>, service?: string): Record<string, string> {
  const prefixes = service === undefined ? ["aws"] : ["aws", service];
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) =>
      prefixes.map((prefix) => [`${prefix}:resourcetag/${key.toLowerCase()}`, value]),
    ),
  );
}
