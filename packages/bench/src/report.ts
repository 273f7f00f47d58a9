import type { Results } from "./benchmark.ts";
import { isGeneratorBound, type Outcome, type Verdict } from "./goals.ts";
import { PEER_NAMES } from "./rows.ts";
import type { Spread } from "./statistics.ts";
import type { Comparison, PeerResult, RowResult } from "./summary.ts";
import { momentOf, placeOf, type VoidWindow } from "./voids.ts";

/** What a run has shown, for a terminal: verdicts first. */
export function reportOf(results: Results): string {
  const { rounds, roundsPlanned, seconds } = results;
  return [
    verdictLine(results.verdicts),
    "",
    ...results.verdicts.map(verdictText),
    "",
    ...(rounds === roundsPlanned ? [] : [`ENDED EARLY, after ${rounds} of ${roundsPlanned} rounds.`, ""]),
    `Medians of ${rounds} rounds of ${seconds} s (lowest..highest)`,
    ...results.rows.flatMap((row) => rowText(row, results.givenUp)),
    "",
    `Machine   ${results.machine}, ${results.postgres}`,
    `Cores     ${results.isPinned ? "server and PostgreSQL on core 0, load generator on core 1; servers of /load on both" : "not pinned"}`,
    ...warnings(results),
  ].join("\n");
}

function verdictLine(verdicts: readonly Verdict[]): string {
  const held = verdicts.filter(({ outcome }) => outcome === "held").length;
  return held === verdicts.length ? `All ${held} goals held.` : `${held} of ${verdicts.length} goals held.`;
}

const MARKS: Readonly<Record<Outcome, string>> = { held: "✓", missed: "✗", tie: "=", void: "?" };

function verdictText({ goal, measured, outcome }: Verdict): string {
  return `  ${MARKS[outcome]} ${goal.padEnd(56)} ${measured.padStart(9)}  ${outcome}`;
}

function rowText(row: RowResult, givenUp: readonly VoidWindow[]): readonly string[] {
  const missing = givenUp
    .filter((one) => one.row === row.key)
    .map(({ peer, round, reason }) => `  ${PEER_NAMES[peer].padEnd(16)}VOID, ${momentOf(round)}: ${reason}`);
  return ["", row.title, ...row.peers.map((peer) => `  ${peerText(peer)}`), ...missing, ...comparisonsOf(row)];
}

function peerText({ peer, perSecond, cpu_us, latency, health }: PeerResult): string {
  const name = PEER_NAMES[peer].padEnd(16);
  if (health !== undefined) {
    const { p50_ms, p99_ms, p99OfRounds_ms, requests } = health;
    return `${name} p50 ${ms(p50_ms)}, p99 ${ms(p99_ms)} (rounds: ${range(p99OfRounds_ms, ms)}), ${requests} requests`;
  }
  const rate = `${figure(perSecond.median).padStart(8)}/s (${range(perSecond, figure)})`;
  const cpu = cpu_us === undefined ? "" : `, CPU ${time(cpu_us.median)} each`;
  const late = latency === undefined ? "" : `, p50 ${ms(latency.p50_ms.median)}, p99 ${ms(latency.p99_ms.median)}`;
  return `${name}${rate}${cpu}${late}`;
}

function comparisonsOf(row: RowResult): readonly string[] {
  return row.comparisons.map(
    (comparison) => `  Cloudy / ${PEER_NAMES[comparison.peer]}: ${comparisonText(comparison)}`,
  );
}

function comparisonText({ throughput, cpu }: Comparison): string {
  const text = (spread: Spread) => `${ratio(spread.median)} (${range(spread, ratio)})`;
  return `${text(throughput)} by throughput${cpu === undefined ? "" : `, ${text(cpu)} by CPU time`}`;
}

function warnings({ rows, skipped, voids, givenUp }: Results): readonly string[] {
  const bound = rows.filter(isGeneratorBound).map(({ title }) => title);
  const disturbed = rows.filter(({ isDisturbed }) => isDisturbed);
  const others = Math.max(0, ...disturbed.map(({ othersShare }) => othersShare ?? 0));
  const repeated = voids.filter((one) => !givenUp.includes(one));
  return [
    ...skipped.map(({ peer, reason }) => `SKIPPED   ${PEER_NAMES[peer]}: ${reason}`),
    ...repeated.map((one) => `REPEATED  ${placeOf(one)}: ${one.reason}`),
    ...(bound.length === 0
      ? []
      : [`VOID      ${bound.join(", ")}: the load generator was saturated while the server was not.`]),
    ...(disturbed.length > 0
      ? [
          `DISTURBED ${disturbed.map(({ title }) => title).join(", ")}: other programs used up to ${Math.round(others * 100)} % of the servers' cores: only ratios by CPU time tell something.`,
        ]
      : []),
  ];
}

function range({ min, max }: Spread, text: (value: number) => string): string {
  return `${text(min)}..${text(max)}`;
}

function figure(value: number): string {
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
}

function ratio(value: number): string {
  return value.toFixed(2);
}

function ms(value_ms: number): string {
  return `${value_ms.toFixed(value_ms < 10 ? 2 : 0)} ms`;
}

function time(value_us: number): string {
  return value_us < 1000 ? `${value_us.toFixed(1)} µs` : `${(value_us / 1000).toFixed(1)} ms`;
}
