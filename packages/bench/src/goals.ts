import {
  GOAL_DATABASE,
  GOAL_HEALTH_OF_EXPRESS,
  GOAL_HEALTH_P99_MS,
  GOAL_LOAD,
  GOAL_ROOT,
  TIE_SHARE,
} from "./constants.ts";
import { PEER_NAMES, type RowKey } from "./rows.ts";
import type { PeerResult, RowResult } from "./summary.ts";

/** `tie`: neither ahead nor behind. `void`: the generator was saturated in most rounds, so nothing is known. */
export type Outcome = "held" | "missed" | "tie" | "void";

export interface Verdict {
  readonly goal: string;
  readonly measured: string;
  readonly outcome: Outcome;
}

const OF_FLOOR: Readonly<Record<RowKey, number | undefined>> = {
  root: GOAL_ROOT,
  list: GOAL_DATABASE,
  add: GOAL_DATABASE,
  load: GOAL_LOAD,
  healthz: undefined,
};

export function verdictsOf(rows: readonly RowResult[]): readonly Verdict[] {
  return rows.flatMap((row) => (row.key === "healthz" ? healthVerdicts(row) : throughputVerdicts(row)));
}

function throughputVerdicts(row: RowResult): readonly Verdict[] {
  const least = OF_FLOOR[row.key];
  const verdicts: Verdict[] = [];
  if (row.ofFloor !== undefined && least !== undefined) {
    const { floor, comparison } = row.ofFloor;
    verdicts.push({
      goal: `${row.title}: at least ${least.toFixed(2)} of ${PEER_NAMES[floor]}`,
      measured: comparison.value.toFixed(2),
      outcome: outcome(comparison.value >= least, row),
    });
  }
  if (row.ofExpress !== undefined) {
    const { value } = row.ofExpress;
    verdicts.push({
      goal: `${row.title}: ahead of Express`,
      measured: `${value.toFixed(2)} ×`,
      outcome: Math.abs(value - 1) <= TIE_SHARE && !isVoid(row) ? "tie" : outcome(value > 1, row),
    });
  }
  return verdicts;
}

function healthVerdicts(row: RowResult): readonly Verdict[] {
  const ours = p99Of(row, "cloudy");
  const theirs = p99Of(row, "express");
  return [
    {
      goal: `${row.title}: p99 at most ${GOAL_HEALTH_P99_MS} ms`,
      measured: `${ours.toFixed(1)} ms`,
      outcome: outcome(ours <= GOAL_HEALTH_P99_MS, row),
    },
    {
      goal: `${row.title}: p99 at most 1/${Math.round(1 / GOAL_HEALTH_OF_EXPRESS)} of Express's`,
      measured: `1/${Math.floor(theirs / ours)}`,
      outcome: outcome(ours <= theirs * GOAL_HEALTH_OF_EXPRESS, row),
    },
  ];
}

function p99Of(row: RowResult, peer: PeerResult["peer"]): number {
  const health = row.peers.find((candidate) => candidate.peer === peer)?.health;
  if (health === undefined) throw new Error(`${row.title} has no latencies of ${peer}.`);
  return health.p99_ms;
}

function outcome(isHeld: boolean, row: RowResult): Outcome {
  if (isVoid(row)) return "void";
  return isHeld ? "held" : "missed";
}

/** A saturated generator makes fast servers look alike; a round or two of it do not move a median. */
export function isVoid(row: RowResult): boolean {
  return row.peers.some(({ generatorBoundRounds, rounds }) => generatorBoundRounds * 2 > rounds.length);
}
