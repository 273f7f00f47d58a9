import type { PhaseName } from "./phases.ts";

/** From when all instances are in service until the load ends: only then are equal shares to be expected. */
const PHASES: readonly (PhaseName | undefined)[] = ["all serve", "failover", "writes again"];

/** Counts the responses of each host during the phases in which all of them should have the same share. */
export function createBalance() {
  let before: ReadonlyMap<string, number> | undefined;
  let counted: ReadonlyMap<string, number> = new Map();
  return {
    look(phase: PhaseName | undefined, responses: ReadonlyMap<string, number>): void {
      if (!PHASES.includes(phase)) return;
      before ??= new Map(responses);
      const since = before;
      counted = new Map([...responses].map(([host, count]) => [host, count - (since.get(host) ?? 0)]));
    },
    /** Responses by hostname. */
    counted: () => counted,
  };
}
