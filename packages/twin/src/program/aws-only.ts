import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { ResourceTypes } from "@cloudy/twin-model/resource-type.ts";

/** What the program declares and only AWS can do, a line each with the reason; shown by `twin up`. */
export function awsOnlyOf(graph: Graph, types: ResourceTypes): readonly string[] {
  return Object.entries(types).flatMap(([type, { awsOnly = {} }]) => {
    const resources = graph.ofType(type);
    if (resources.length === 0) return [];
    if (typeof awsOnly === "string") return [`${type}: ${awsOnly}`];
    return Object.entries(awsOnly)
      .filter(([property]) => resources.some(({ inputs }) => inputs[property] !== undefined))
      .map(([property, reason]) => `${type} [${property}]: ${reason}`);
  });
}
