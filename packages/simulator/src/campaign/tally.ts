import type { Violation } from "../checks/invariants.ts";
import type { FaultKind } from "../plan/fault-plan.ts";
import type { History } from "../simulate.ts";

/** What many histories come to. */
export interface Tally {
  readonly histories: number;
  readonly simulated_ms: number;
  readonly acknowledged: number;
  readonly faults: Map<FaultKind, number>;
  /** Kind of fault -> times without a writer, seconds. */
  readonly outages_s: Map<string, number[]>;
  readonly violations: { readonly seed: number; readonly violation: Violation }[];
}

export function emptyTally(): Tally {
  return { histories: 0, simulated_ms: 0, acknowledged: 0, faults: new Map(), outages_s: new Map(), violations: [] };
}

export function addHistory(tally: Tally, history: History): Tally {
  const { seed, violation } = history;
  for (const { kind } of history.faults) tally.faults.set(kind, (tally.faults.get(kind) ?? 0) + 1);
  for (const { after, duration_ms } of history.outages) append(tally.outages_s, after, [duration_ms / 1_000]);
  if (violation !== undefined) tally.violations.push({ seed, violation });
  return {
    ...tally,
    histories: tally.histories + 1,
    simulated_ms: tally.simulated_ms + history.simulated_ms,
    acknowledged: tally.acknowledged + history.acknowledged,
  };
}

export function addTally(tally: Tally, other: Tally): Tally {
  for (const [kind, count] of other.faults) tally.faults.set(kind, (tally.faults.get(kind) ?? 0) + count);
  for (const [kind, times] of other.outages_s) append(tally.outages_s, kind, times);
  tally.violations.push(...other.violations);
  return {
    ...tally,
    histories: tally.histories + other.histories,
    simulated_ms: tally.simulated_ms + other.simulated_ms,
    acknowledged: tally.acknowledged + other.acknowledged,
  };
}

function append(map: Map<string, number[]>, key: string, values: readonly number[]): void {
  const list = map.get(key) ?? [];
  for (const value of values) list.push(value);
  map.set(key, list);
}
