import { describe, expect, test } from "vitest";
import { FAULTS } from "./alarm-faults.ts";
import { firesFor, quietDay } from "./alarm-promises.ts";
import { pagingAlarms, recordedProgram } from "./alarm-world.ts";

const HTTPS = { "cloudy:certificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/1" };
const graph = await recordedProgram("dev", HTTPS);

test("R4: every alarm has a fault, and every fault an alarm", () => {
  const names = pagingAlarms(graph).map(({ name }) => name);
  expect(names.sort()).toEqual(Object.keys(FAULTS).sort());
});

test("R4: a first deployment and a normal day page nobody", () => quietDay(graph), 120_000);

describe("R4: each alarm fires for its fault, and its address hears of it", () => {
  test.each(Object.entries(FAULTS))("%s", (name, fault) => firesFor(graph, name, fault), 60_000);
});
