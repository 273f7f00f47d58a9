import { type LogLine, parseLogLine } from "./log-line.ts";

/** What a round of the failover function finds and decides, as in the table of packages/failover/README.md. */
const DECISION_CODES = [
  "serves",
  /** It serves, but there is no tagged route table to lead to it. */
  "serves-without-route-table",
  "blind",
  "no-epoch",
  "epoch-released",
  "terminated-without-standby",
  /** A standby may take over from the terminated holder. */
  "successor-found",
  "holder-unknown",
  "holder-shutting-down",
  /** Its agent or its PostgreSQL answers: waits for its PostgreSQL. */
  "holder-reached",
  /** The holder calls itself unfit, and a standby is fitter: it is ordered to step down. */
  "holder-unfit",
  "lost-without-standby",
  /** Another database instance is being ended already. */
  "one-at-a-time",
  "looks-again",
  "unconfirmed",
  "too-many-fences",
  "holder-lost",
] as const;

export type DecisionCode = (typeof DECISION_CODES)[number];

/** Every event that the failover function logs. */
const FAILOVER_LOG_CODES = [
  ...DECISION_CODES,
  // A round.
  "round-failed",
  "probe-failed",
  "metrics-failed",
  "writer-back",
  // What is done, or failed.
  "source-dest-check-disabled",
  "route-kept",
  /** Somebody led it elsewhere since the decision. */
  "route-left",
  "route-updated",
  "fence-needless",
  "fence",
  /** By one of several route tables; a fence that none of them takes down is not done. */
  "fence-note-refused",
  /** Fields: `status`, the agent's HTTP answer. */
  "grant",
  /** Fields: those of the action, with what was to be done in `do`. */
  "action-failed",
  // Operators' commands. Fields of an order: `status`, the agent's HTTP answer or 0 without one.
  "step-down-ordered",
  "restore-ordered",
  "holder-awaited",
] as const;

export type FailoverLogCode = (typeof FAILOVER_LOG_CODES)[number];

/** The event in a line of the failover function's log; `undefined` for Lambda's own lines. */
export function parseFailoverLine(line: string): LogLine<FailoverLogCode> | undefined {
  return parseLogLine(line, FAILOVER_LOG_CODES);
}
