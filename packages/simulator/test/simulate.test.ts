import { describe, expect, test } from "vitest";
import { traceOf } from "./trace-of.ts";

describe("a history", () => {
  test("the same seed is the same history, line by line; another seed is another one", async () => {
    const first = await traceOf(7, 4, true);
    expect(first.length).toBeGreaterThan(40);
    expect(await traceOf(7, 4, true)).toEqual(first);
    expect(await traceOf(8, 4, true)).not.toEqual(first);
  });

  test("leaving out what changes nothing changes nothing", async () => {
    for (let seed = 100; seed < 130; seed += 1) {
      const skipped = await traceOf(seed, 0.4, true);
      expect(await traceOf(seed, 0.4, false), `seed ${seed}`).toEqual(skipped);
    }
  });

  test.each(["postgres hangs", "switchover", "agent stopped", "machine frozen"] as const)(
    "leaving out what changes nothing changes nothing: %s again and again",
    async (kind) => {
      for (let seed = 1; seed <= 10; seed += 1) {
        const at = (index: number) => (5 + 4 * index) * 60_000 + 137 * seed * index;
        const faults = Array.from({ length: 8 }, (_, index) => ({
          kind,
          at_ms: at(index),
          duration_ms: kind === "machine frozen" ? 90_000 : 0,
          target: 0.1,
          level: 0.5,
        }));
        const plan = { instances: 2, weights: new Map(), faults };
        const skipped = await traceOf(seed, 0.6, true, plan);
        expect(await traceOf(seed, 0.6, false, plan), `seed ${seed}`).toEqual(skipped);
      }
    },
  );
});
