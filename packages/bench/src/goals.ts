import {
  GOAL_DATABASE,
  GOAL_HEALTH_OF_EXPRESS,
  GOAL_HEALTH_P99_MS,
  GOAL_LOAD,
  GOAL_ROOT,
  TIE_SHARE,
} from "./constants.ts";
import { PEER_NAMES, type Peer, type RowKey } from "./rows.ts";
import type { PeerResult, RowResult } from "./summary.ts";

/** `tie`: neither ahead nor behind. `void`: something else than the servers decided, so nothing is known. */
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
  commit: GOAL_DATABASE,
  load: GOAL_LOAD,
  healthz: undefined,
};

export function verdictsOf(rows: readonly RowResult[]): readonly Verdict[] {
  return rows.flatMap((row) => (row.key === "healthz" ? healthVerdicts(row) : throughputVerdicts(row)));
}

function throughputVerdicts(row: RowResult): readonly Verdict[] {
  const least = OF_FLOOR[row.key];
  const verdicts: Verdict[] = [];
  const compared = (peer: Peer | undefined) => row.comparisons.find((comparison) => comparison.peer === peer)?.value;
  const ofFloor = compared(row.floor);
  if (row.floor !== undefined && ofFloor !== undefined && least !== undefined) {
    verdicts.push({
      goal: `${row.title}: at least ${least.toFixed(2)} of ${PEER_NAMES[row.floor]}`,
      measured: ofFloor.toFixed(2),
      outcome: outcome(ofFloor >= least, row),
    });
  }
  const ofExpress = compared("express");
  if (ofExpress !== undefined) {
    verdicts.push({
      goal: `${row.title}: ahead of Express`,
      measured: `${ofExpress.toFixed(2)} ×`,
      outcome: Math.abs(ofExpress - 1) <= TIE_SHARE && !isVoid(row) ? "tie" : outcome(ofExpress > 1, row),
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

/** Nothing is known of a row that was disturbed and can't be judged by CPU time, or whose generator was saturated. */
function isVoid(row: RowResult): boolean {
  return (row.isDisturbed && row.isJudgedBy === "throughput") || isGeneratorBound(row);
}

/** A saturated generator makes fast servers look alike; a round or two of it do not move a median. */
export function isGeneratorBound(row: RowResult): boolean {
  return row.peers.some(({ generatorBoundRounds, rounds }) => generatorBoundRounds * 2 > rounds.length);
}
