import { messageOf } from "@cloudy/command-line";
import { REPEATS_OF_ROW_MAX, REPEATS_OF_WINDOW_MAX } from "./constants.ts";
import { PEER_NAMES, type Peer, ROWS, type Row, type RowKey } from "./rows.ts";

/** From 0. Before the first one everybody is warmed up; after the last one their answers are compared once more. */
export type Round = number | "before" | "after";

/** Whose turn it is. */
export interface Turn {
  readonly row: Row;
  readonly peer: Peer;
  readonly round: Round;
}

/** A window that gave no figure, and why: its peer died, the database was away, nothing was answered. */
export interface VoidWindow {
  readonly row: RowKey;
  readonly peer: Peer;
  readonly round: Round;
  readonly reason: string;
}

/** Enough of a reason to tell what it was: a dead process leaves pages. */
const REASON_CHARACTERS = 200;

export function voidWindow({ row, peer, round }: Turn, error: unknown): VoidWindow {
  const words = messageOf(error).replace(/\s+/g, " ").trim();
  const reason = words.length > REASON_CHARACTERS ? `${words.slice(0, REASON_CHARACTERS)}…` : words;
  return { row: row.key, peer, round, reason };
}

/** Whether the window of `turn` is tried once more, after `voids`, the last of which is its own. */
export function mayRepeat(voids: readonly VoidWindow[], { row, peer, round }: Turn): boolean {
  const ofRow = voids.filter((candidate) => candidate.row === row.key);
  const ofWindow = ofRow.filter((candidate) => candidate.peer === peer && candidate.round === round);
  return ofWindow.length <= REPEATS_OF_WINDOW_MAX && ofRow.length <= REPEATS_OF_ROW_MAX;
}

/** A peer that was given up in a row is not measured there again; nor is anybody else once Cloudy was: nothing is left to compare. */
export function isGivenUp(givenUp: readonly VoidWindow[], { row, peer }: Pick<Turn, "row" | "peer">): boolean {
  return givenUp.some((one) => one.row === row.key && (one.peer === peer || one.peer === "cloudy"));
}

/** Which window it was, in words. */
export function placeOf({ row, peer, round }: VoidWindow): string {
  const title = ROWS.find(({ key }) => key === row)?.title ?? row;
  return `${title} of ${PEER_NAMES[peer]}, ${momentOf(round)}`;
}

export function momentOf(round: Round): string {
  return typeof round === "number" ? `round ${round + 1}` : `${round} the rounds`;
}
