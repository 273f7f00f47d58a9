import { planFaults } from "./fault-plan.ts";
import type { Violation } from "./invariants.ts";
import type { Mutant } from "./mutants.ts";
import { simulate } from "./simulate.ts";

export interface Hunt {
  readonly violation: Violation | undefined;
  /** How many histories it took; the last one's seed is the same number. */
  readonly seeds: number;
}

/** Seeds 1, 2, 3 ... until one of them catches the mutant. */
export async function hunt({ wiring, seedsMax }: Mutant, hours: number, signal?: AbortSignal): Promise<Hunt> {
  for (let seed = 1; seed <= seedsMax && signal?.aborted !== true; seed += 1) {
    const { violation } = await simulate({ seed, hours, plan: planFaults(seed, hours), wiring });
    if (violation !== undefined) return { violation, seeds: seed };
  }
  return { violation: undefined, seeds: seedsMax };
}
