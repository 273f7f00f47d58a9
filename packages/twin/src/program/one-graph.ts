import { UserError } from "@cloudy/command-line";
import { createGraph, type Graph } from "@cloudy/twin-model/graph.ts";
import type { RecordedStack } from "./recording.ts";

/**
 * What all stacks declare, as one account has it. Their URNs differ by the stack, and so does every id. Throws UserError for
 * stacks of different regions. `outputs` holds those of each stack by its name.
 */
export function oneGraph(stacks: readonly RecordedStack[]): Graph {
  const [first] = stacks;
  if (first === undefined) throw new UserError("No stack is named, so there is nothing to bring up.");
  const { region, accountId } = first.graph;
  const elsewhere = stacks.find(({ graph }) => graph.region !== region);
  if (elsewhere !== undefined) {
    throw new UserError(
      `Stack ${elsewhere.stack} is in ${elsewhere.graph.region}, but stack ${first.stack} in ${region}: the twin models one region. Bring them up in twins of their own.`,
    );
  }
  return createGraph({
    resources: stacks.flatMap(({ graph }) => graph.resources),
    outputs: Object.fromEntries(stacks.map(({ stack, graph }) => [stack, graph.outputs])),
    region,
    accountId,
  });
}
