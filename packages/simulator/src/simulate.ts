import type { Violation } from "./checks/invariants.ts";
import type { Outage } from "./checks/writers.ts";
import type { CodeUnderTest } from "./code-under-test.ts";
import { SETTLED_MS } from "./constants.ts";
import type { TraceLine } from "./engine/trace.ts";
import { scheduleFaults } from "./faults/faults.ts";
import type { Fault, Plan } from "./plan/fault-plan.ts";
import { World } from "./world.ts";

export interface SimulationOptions {
  readonly seed: number;
  readonly hours: number;
  readonly plan: Plan;
  readonly code: CodeUnderTest;
  readonly skips?: boolean;
  readonly onTrace?: (line: TraceLine) => void;
}

export interface History {
  readonly seed: number;
  readonly simulated_ms: number;
  readonly faults: readonly Fault[];
  readonly violation: Violation | undefined;
  readonly outages: readonly Outage[];
  readonly acknowledged: number;
}

/**
 * One history: faults for as many hours, then none, until the clients have written well for a while (or a promise is broken).
 */
export async function simulate(options: SimulationOptions): Promise<History> {
  const { seed, plan, code, skips = true, onTrace } = options;
  const world = new World({ seed, code, skips, onTrace, plan });
  world.begin();
  scheduleFaults(world);
  // What waits outside gets its turn before, and from here on this runs in microtasks, see Stage.advance().
  await new Promise((resolve) => setImmediate(resolve));
  const end_ms = Math.max(options.hours * 3_600_000, world.faults.end_ms);
  world.stage.timeline.at(end_ms, () => world.writers.writeUntil(end_ms + 30_000));
  world.stage.timeline.at(end_ms + SETTLED_MS, () => world.invariants.notSettled(end_ms));
  while (world.invariants.violation === undefined) {
    const isOver = world.stage.timeline.now_ms > end_ms + 30_000 && world.writers.isWell;
    if (isOver || world.stage.timeline.next_ms() === Number.POSITIVE_INFINITY) break;
    await world.stage.advance();
  }
  if (world.invariants.violation === undefined) world.invariants.atEnd(world.writers.acknowledged, world.efs);
  return {
    seed,
    simulated_ms: world.stage.timeline.now_ms,
    faults: plan.faults,
    violation: world.invariants.violation,
    outages: world.writers.outages,
    acknowledged: world.writers.acknowledged.length,
  };
}
