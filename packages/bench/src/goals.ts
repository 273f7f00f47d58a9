import {
  GOAL_ADD,
  GOAL_COMMIT,
  GOAL_HEALTH_OF_EXPRESS,
  GOAL_HEALTH_P99_MS,
  GOAL_LIST,
  GOAL_LOAD,
  GOAL_ROOT,
  TIE_SHARE,
} from "./constants.ts";
import { PEER_NAMES, type Peer, type RowKey } from "./rows.ts";
import type { RowResult } from "./summary.ts";

/** `tie`: neither ahead nor behind. `void`: something else than the servers decided, so nothing is known. */
export type Outcome = "held" | "missed" | "tie" | "void";

export interface Verdict {
  readonly goal: string;
  readonly measured: string;
  readonly outcome: Outcome;
}

const OF_FLOOR: Readonly<Record<RowKey, number | undefined>> = {
  root: GOAL_ROOT,
  list: GOAL_LIST,
  add: GOAL_ADD,
  commit: GOAL_COMMIT,
  load: GOAL_LOAD,
  healthz: undefined,
};

export function verdictsOf(rows: readonly RowResult[]): readonly Verdict[] {
  return rows.flatMap((row) => (row.key === "healthz" ? healthVerdicts(row) : throughputVerdicts(row)));
}

/** Of a goal for which nobody could be measured. */
const NOTHING = "nothing";

function throughputVerdicts(row: RowResult): readonly Verdict[] {
  const least = OF_FLOOR[row.key];
  const verdicts: Verdict[] = [];
  const compared = (peer: Peer) => row.comparisons.find((comparison) => comparison.peer === peer)?.value;
  if (row.floor !== undefined && least !== undefined) {
    const ofFloor = compared(row.floor);
    verdicts.push({
      goal: `${row.title}: at least ${least.toFixed(2)} of ${PEER_NAMES[row.floor]}`,
      measured: ofFloor?.toFixed(2) ?? NOTHING,
      outcome: outcome(row, row.floor, ofFloor !== undefined && ofFloor >= least),
    });
  }
  const ofExpress = compared("express");
  const ahead = outcome(row, "express", ofExpress !== undefined && ofExpress > 1);
  const isTie = ofExpress !== undefined && Math.abs(ofExpress - 1) <= TIE_SHARE;
  verdicts.push({
    goal: `${row.title}: ahead of Express`,
    measured: ofExpress === undefined ? NOTHING : `${ofExpress.toFixed(2)} ×`,
    outcome: isTie && ahead !== "void" ? "tie" : ahead,
  });
  return verdicts;
}

function healthVerdicts(row: RowResult): readonly Verdict[] {
  const ours = p99Of(row, "cloudy");
  const theirs = p99Of(row, "express");
  const isBothKnown = ours !== undefined && theirs !== undefined;
  return [
    {
      goal: `${row.title}: p99 at most ${GOAL_HEALTH_P99_MS} ms`,
      measured: ours === undefined ? NOTHING : `${ours.toFixed(1)} ms`,
      outcome: outcome(row, "cloudy", ours !== undefined && ours <= GOAL_HEALTH_P99_MS),
    },
    {
      goal: `${row.title}: p99 at most 1/${Math.round(1 / GOAL_HEALTH_OF_EXPRESS)} of Express's`,
      measured: isBothKnown ? `1/${Math.floor(theirs / ours)}` : NOTHING,
      outcome: outcome(row, "express", isBothKnown && ours <= theirs * GOAL_HEALTH_OF_EXPRESS),
    },
  ];
}

function p99Of(row: RowResult, peer: Peer): number | undefined {
  return row.peers.find((candidate) => candidate.peer === peer)?.health?.p99_ms;
}

/** `peer` is whom the goal compares Cloudy with. */
function outcome(row: RowResult, peer: Peer, isHeld: boolean): Outcome {
  const isUnknown = row.givenUp.includes("cloudy") || row.givenUp.includes(peer);
  if (isUnknown || isDisturbed(row) || isGeneratorBound(row)) return "void";
  return isHeld ? "held" : "missed";
}

/** So that nothing is known of a row that can't be judged by CPU time. */
function isDisturbed(row: RowResult): boolean {
  return row.isDisturbed && row.isJudgedBy === "throughput";
}

/** A saturated generator makes fast servers look alike; a round or two of it do not move a median. */
export function isGeneratorBound(row: RowResult): boolean {
  return row.peers.some(({ generatorBoundRounds, rounds }) => generatorBoundRounds * 2 > rounds.length);
}
