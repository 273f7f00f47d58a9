import { UserError } from "@cloudy/command-line";
import type { GraphResource } from "@cloudy/twin-model/graph.ts";
import type { ResourceTypes, UniqueName } from "@cloudy/twin-model/resource-type.ts";
import type { RecordedStack } from "./recording.ts";

/** Refuses stacks of which two resources ask for one physical name, each with what AWS would answer to the second one. */
export function checkNames(stacks: readonly RecordedStack[], types: ResourceTypes): void {
  const holders = new Map<string, string>();
  const problems = stacks.flatMap(({ stack, graph }) =>
    graph.resources.flatMap((resource) => {
      const wanted = physicalName(resource, types);
      if (wanted === undefined) return [];
      const key = JSON.stringify([resource.type, wanted.within, wanted.name]);
      const holder = holders.get(key);
      if (holder === undefined) {
        holders.set(key, stack);
        return [];
      }
      const answer = wanted.unique.taken(wanted.name, wanted.within);
      return [`${resource.type} "${wanted.name}" of stack ${stack}, a name that stack ${holder} has: ${answer}`];
    }),
  );
  if (problems.length === 0) return;
  const names = stacks.map(({ stack }) => stack).join(" and ");
  throw new UserError(
    [
      `AWS would refuse to create ${names} in one account and region, since physical names are taken:`,
      ...problems.map((problem) => `  - ${problem}`),
      "Have the names follow from the stack, or leave them to Pulumi.",
    ].join("\n"),
  );
}

function physicalName(
  resource: GraphResource,
  types: ResourceTypes,
): { readonly unique: UniqueName; readonly name: string; readonly within: string } | undefined {
  const known = types[resource.type];
  if (known === undefined || !("reads" in known) || known.uniqueName === undefined) return undefined;
  const { uniqueName: unique } = known;
  const name = resource.outputs["name"] ?? resource.outputs["bucket"];
  const within = unique.within === undefined ? "" : resource.outputs[unique.within];
  return typeof name === "string" ? { unique, name, within: String(within) } : undefined;
}
