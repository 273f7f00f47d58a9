import { UserError } from "@cloudy/command-line";
import type { Graph, GraphResource, Supported } from "@cloudy/twin-model/graph.ts";
import { cloudSupported } from "@cloudy/twin-services/cloud.ts";
import { supported as iamSupported } from "@cloudy/twin-services/iam/iam.ts";
import { supported as s3Supported } from "@cloudy/twin-services/s3/resources.ts";
import { supported as secretsManagerSupported } from "@cloudy/twin-services/secrets-manager/secrets-manager.ts";
import { AWS_ONLY } from "./aws-only.ts";
import { tlsSupported } from "./certificates.ts";

/** Values of @pulumi/random are made while the program is recorded. */
const randomSupported: Supported = {
  "random:index/randomPassword:RandomPassword": ["length", "special"],
  "random:index/randomBytes:RandomBytes": ["length"],
};

/** What the twin acts on, of each resource type. */
export const SUPPORTED: readonly Supported[] = [
  ...cloudSupported,
  iamSupported,
  s3Supported,
  secretsManagerSupported,
  randomSupported,
  tlsSupported,
];

/**
 * Refuses a program whose resources or properties the twin neither acts on nor lists as AWS-only, naming each.
 * An entry `metadataOptions` covers all below it, `metadataOptions.httpTokens` only that one.
 */
export function checkSupport(graph: Graph, tables: readonly Supported[]): void {
  const problems = graph.resources.filter((r) => r.type.includes("/")).flatMap((r) => problemsOf(r, tables));
  if (problems.length === 0) return;
  throw new UserError(
    [
      "The twin does not act on parts of this program, so it would behave differently on AWS:",
      ...problems.map((problem) => `  - ${problem}`),
      "Teach the twin (`supported` of the service) or list it in packages/twin/src/program/aws-only.ts with the reason.",
    ].join("\n"),
  );
}

function problemsOf(resource: GraphResource, tables: readonly Supported[]): string[] {
  const acted = tables.flatMap((table) => table[resource.type] ?? []);
  const listed = AWS_ONLY[resource.type];
  const known = tables.some((table) => resource.type in table);
  if (!known && listed === undefined) return [`${resource.type} "${resource.name}": unknown resource type`];
  if (listed === "whole") return [];
  const allowed = new Set([...acted, ...Object.keys(listed ?? {})]);
  return unknownPaths(resource.inputs, "", allowed).map(
    (path) => `${resource.type} "${resource.name}": unknown property ${path}`,
  );
}

function unknownPaths(value: unknown, prefix: string, allowed: ReadonlySet<string>): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => unknownPaths(item, prefix, allowed)))];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (item === undefined || allowed.has(path)) return [];
    const isPartlyKnown = [...allowed].some((entry) => entry.startsWith(`${path}.`));
    return isPartlyKnown ? unknownPaths(item, path, allowed) : [path];
  });
}
