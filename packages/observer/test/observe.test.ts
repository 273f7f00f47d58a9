import { expect, test } from "vitest";
import { AWS_CLOCK, cloudNow } from "../src/clock.ts";
import { nextKind } from "../src/observe.ts";
import { parseOutputs } from "../src/outputs.ts";
import type { ReadingKind } from "../src/readings.ts";

/** Plays `seconds` of cloud time with a call each `spacing_s`; returns how often each kind was read. */
function play(seconds: number, spacing_s: number, focused: readonly ReadingKind[]): Map<ReadingKind, number> {
  const read = new Map<ReadingKind, number>();
  const counts = new Map<ReadingKind, number>();
  for (let now_s = 0; now_s < seconds; now_s += spacing_s) {
    const kind = nextKind(read, focused, now_s * 1000);
    if (kind === undefined) continue;
    read.set(kind, now_s * 1000);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

test("against AWS each kind is read every ten seconds", () => {
  const counts = play(600, 0.5, []);
  for (const [kind, count] of counts) {
    if (kind === "network") expect(count).toBeLessThanOrEqual(2);
    else expect(count).toBeGreaterThan(45);
    expect(count).toBeLessThanOrEqual(61);
  }
  expect(counts.size).toBe(10);
});

test("at ten times the speed all kinds still get their turn, and the one waited for gets more", () => {
  const counts = play(600, 5, ["routes"]);
  const others = [...counts].filter(([kind]) => kind !== "routes" && kind !== "network").map(([, count]) => count);
  expect(Math.min(...others)).toBeGreaterThanOrEqual(5);
  expect(counts.get("routes")).toBeGreaterThan(2 * Math.max(...others));
});

test("cloud time is the wall clock on AWS, and runs at its speed on a twin", () => {
  expect(cloudNow(AWS_CLOCK, 1234)).toBe(1234);
  expect(cloudNow({ speed: 10, realEpoch_ms: 1000, cloudEpoch_ms: 50_000 }, 1500)).toBe(55_000);
});

test("stack outputs that are missing are named", () => {
  expect(() => parseOutputs({ webGroupName: "w", virtualIp: "10.10.10.10/32" })).toThrow(
    "lack [databaseRouteTableIds], [loadBalancerArn], [targetGroupArn], [databaseGroupName], [failoverLogGroupName]",
  );
});
