import { UserError } from "@cloudy/command-line";
import type { Graph, GraphResource } from "@cloudy/twin-model/graph.ts";
import type { ActedOn, ResourceTypes } from "@cloudy/twin-model/resource-type.ts";
import { whereToTeach } from "./resource-types.ts";

/** Refuses a program whose resources or properties the twin neither acts on nor leaves to AWS knowingly, naming each. */
export function checkSupport(graph: Graph, types: ResourceTypes): void {
  const problems = graph.resources.filter((r) => r.type.includes("/")).flatMap((r) => problemsOf(r, types));
  if (problems.length === 0) return;
  throw new UserError(
    [
      "The twin does not act on parts of this program, so it would behave differently on AWS:",
      ...problems.map((problem) => `  - ${problem}`),
      whereToTeach,
    ].join("\n"),
  );
}

function problemsOf(resource: GraphResource, types: ResourceTypes): string[] {
  const known = types[resource.type];
  if (known === undefined) return [`${resource.type} "${resource.name}": unknown resource type`];
  if (!("reads" in known)) return [];
  return unknownPaths(resource.inputs, "", knownPaths(known)).map(
    (path) => `${resource.type} "${resource.name}": unknown property ${path}`,
  );
}

function knownPaths({ reads, awsOnly = {}, taggable = false }: ActedOn): ReadonlySet<string> {
  return new Set([...reads, ...Object.keys(awsOnly), ...(taggable ? ["tags"] : [])]);
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
