import { expect, test } from "vitest";
import { ratesOf } from "../src/rates.ts";

/** Writes and `GET /` a second when nothing limits them. */
const LIGHT = 10 + 1000 / 150;

test("without a limit nothing changes", () => {
  expect(ratesOf(undefined, 0)).toEqual({
    loadPath: "/load?number=1000000000039",
    slowness: 1,
    loadPerSecondMax: undefined,
  });
});

test.each([
  [20, 2],
  [60, 2],
  [600, 2],
  [600, 9],
  [6000, 3],
  [1_000_000, 100],
])("with %d requests a minute on each of %d instances all together stays below", (limit, instances) => {
  const rates = ratesOf(limit, instances);
  if ("refusal" in rates) throw new Error(rates.refusal);
  const all = LIGHT / rates.slowness + (rates.loadPerSecondMax ?? Number.POSITIVE_INFINITY);
  expect(all).toBeLessThanOrEqual(0.81 * (limit / 60) * instances);
  expect(rates.slowness).toBeGreaterThanOrEqual(1);
  expect(rates.loadPath).not.toBe("/load?number=1000000000039");
});

test("a limit under which nothing could be seen is refused in words", () => {
  expect(ratesOf(10, 2)).toEqual({
    refusal:
      "The API lets one client ask 10 times a minute on each of 2 instances (cloudy:requestsPerMinute): too little to tell a failover from a pause, or to cause load. The demo needs at least 19.",
  });
});
