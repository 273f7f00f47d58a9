import { describe, expect, test } from "vitest";
import { minimise } from "../src/campaign/minimise.ts";
import { realCode } from "../src/code-under-test.ts";
import { HUNT_HOURS, HUNT_RATE, hunt } from "../src/mutants/mutant-hunt.ts";
import { MUTANTS } from "../src/mutants/mutants.ts";
import { planFaults } from "../src/plan/fault-plan.ts";
import { simulate } from "../src/simulate.ts";

Error.stackTraceLimit = 0;

describe("the simulator notices", () => {
  test.for(MUTANTS.map((mutant) => [mutant.name, mutant.seedsMax, mutant] as const))(
    "%s, within %i histories",
    async ([, seedsMax, mutant]) => {
      const { violation, seeds } = await hunt(mutant);
      expect(violation).toBeDefined();
      expect(seeds).toBeLessThanOrEqual(seedsMax);
    },
  );
});

// Found in the agent by the simulator: the kernel sent what a killed postgres had written after the next one had started.
test("D4: a violation is brought down to the faults that it takes, and the real code stands them", async () => {
  const mutant = MUTANTS.find(({ name }) => name === "released without writing back")!;
  const { seeds: seed } = await hunt(mutant);
  const plan = planFaults(seed, HUNT_HOURS, HUNT_RATE);
  const run = (faults: typeof plan, code = mutant.code) => simulate({ seed, hours: HUNT_HOURS, plan: faults, code });
  const isLost = async (faults: typeof plan) => (await run(faults)).violation?.invariant === "I2";
  const least = await minimise(plan, isLost);
  expect(await isLost(least)).toBe(true);
  expect(least.faults.length).toBeLessThan(plan.faults.length);
  for (const spared of least.faults) {
    const without = { ...least, faults: least.faults.filter((fault) => fault !== spared) };
    expect(await isLost(without), `without ${spared.kind}`).toBe(false);
  }
  expect((await run(least, realCode)).violation).toBeUndefined();
});
