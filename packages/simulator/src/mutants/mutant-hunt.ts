import type { Violation } from "../checks/invariants.ts";
import { planFaults, type Rate } from "../plan/fault-plan.ts";
import { simulate } from "../simulate.ts";
import type { Mutant } from "./mutants.ts";

export interface Hunt {
  readonly violation: Violation | undefined;
  /** How many histories it took; the last one's seed is the same number. */
  readonly seeds: number;
}

/** Short and rough: what a mutant does wrong shows when faults come upon each other. */
export const HUNT_HOURS = 1;
export const HUNT_RATE: Rate = { min: 2, max: 20 };

/** Seeds 1, 2, 3 ... until one of them catches the mutant. */
export async function hunt({ code, seedsMax }: Mutant, signal?: AbortSignal): Promise<Hunt> {
  for (let seed = 1; seed <= seedsMax && signal?.aborted !== true; seed += 1) {
    const plan = planFaults(seed, HUNT_HOURS, HUNT_RATE);
    const { violation } = await simulate({ seed, hours: HUNT_HOURS, plan, code });
    if (violation !== undefined) return { violation, seeds: seed };
  }
  return { violation: undefined, seeds: seedsMax };
}
