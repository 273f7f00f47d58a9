import { describe, test } from "vitest";
import { FAULTS } from "./alarm-faults.ts";
import { firesFor, quietDay } from "./alarm-promises.ts";
import { pagingAlarms, recordedProgram } from "./alarm-world.ts";

const graph = await recordedProgram("prod");
const faults = pagingAlarms(graph).map(
  ({ name }) => [name, FAULTS[name] ?? { cause: () => {}, within_min: 0 }] as const,
);

test("R4: in production too a first deployment and a normal day page nobody", () => quietDay(graph), 120_000);

describe("R4: in production too each alarm fires for its fault", () => {
  test.each(faults)("%s", (name, fault) => firesFor(graph, name, fault), 60_000);
});
