import { describe, expect, test } from "vitest";
import { realCode } from "../src/code-under-test.ts";
import type { TraceLine } from "../src/engine/trace.ts";
import type { Fault, FaultKind } from "../src/plan/fault-plan.ts";
import { simulate } from "../src/simulate.ts";
import { traceOf } from "./trace-of.ts";

/** A fault of the active instance that lasts for ten minutes, when all else is well. */
function planOf(kind: FaultKind, level: number, seed: number, instances = 2) {
  const fault: Fault = { kind, at_ms: 300_000 + seed * 137, duration_ms: 600_000, target: 0, level };
  return { instances, weights: new Map(), faults: [fault] };
}

describe("a holder that stays and does not serve, beside a ready standby", () => {
  test.each([
    ["secrets away", 0.1],
    ["recovery stuck", 0.5],
  ] as const)("D4: %s: somebody serves again within 60 s", async (kind, level) => {
    for (let seed = 1; seed <= 25; seed += 1) {
      const plan = planOf(kind, level, seed);
      const { violation, outages } = await simulate({ seed, hours: 0.3, plan, code: realCode });
      expect(violation).toBeUndefined();
      const seconds = outages.filter(({ after }) => after === kind).map(({ duration_ms }) => duration_ms / 1_000);
      expect(seconds.length, `seed ${seed}`).toBeGreaterThan(0);
      expect(Math.max(...seconds), `seed ${seed}`).toBeLessThanOrEqual(60);
    }
  });

  test("D4: postmaster frozen: new sessions are taken again within 60 s, though open ones went on", async () => {
    for (let seed = 1; seed <= 25; seed += 1) {
      const at_ms: number[] = [];
      const plan = planOf("postmaster frozen", 0.5, seed);
      const [fault] = plan.faults;
      const onTrace = (line: TraceLine) => {
        const isBack = line.what === "postgres" && line.detail === "accepting" && line.at_ms > fault!.at_ms;
        if (isBack) at_ms.push(line.at_ms);
      };
      const { violation } = await simulate({ seed, hours: 0.3, plan, code: realCode, onTrace });
      expect(violation).toBeUndefined();
      expect((at_ms[0] ?? Number.POSITIVE_INFINITY) - fault!.at_ms, `seed ${seed}`).toBeLessThanOrEqual(60_000);
    }
  });

  test("D4: a recovery that is slow and moves is not given up, however ready the standby", async () => {
    let longest_s = 0;
    for (let seed = 1; seed <= 10; seed += 1) {
      const plan = planOf("recovery slow", 1, seed);
      const lines = await traceOf(seed, 0.3, true, plan);
      expect(lines.filter((line) => line.includes("stop-postgres") || line.includes("step-down"))).toEqual([]);
      const { outages } = await simulate({ seed, hours: 0.3, plan, code: realCode });
      longest_s = Math.max(longest_s, ...outages.map(({ duration_ms }) => duration_ms / 1_000));
    }
    expect(longest_s).toBeGreaterThan(120);
  });

  test("D4: a postgres that nothing can end is ended with its machine, and the standby serves within three minutes", async () => {
    for (let seed = 1; seed <= 15; seed += 1) {
      const plan = planOf("postgres unkillable", 0.5, seed);
      const { violation, outages } = await simulate({ seed, hours: 0.3, plan, code: realCode });
      expect(violation).toBeUndefined();
      const longest_s = Math.max(...outages.map(({ duration_ms }) => duration_ms / 1_000));
      expect(longest_s, `seed ${seed}`).toBeGreaterThan(90);
      expect(longest_s, `seed ${seed}`).toBeLessThanOrEqual(180);
    }
  });

  test("D4: without a standby nobody is stopped: a recovery that is stuck goes on when it can", async () => {
    const lines = await traceOf(1, 0.3, true, planOf("recovery stuck", 0.5, 1, 1));
    expect(lines.filter((line) => line.includes("stop-postgres") || line.includes("fence"))).toEqual([]);
  });
});
