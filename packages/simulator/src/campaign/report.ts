import type { Fault, Plan } from "../plan/fault-plan.ts";
import { PUBLISHED_FIGURES } from "./published-figures.ts";
import type { Tally } from "./tally.ts";

const YEAR_MS = 365.25 * 24 * 3_600_000;

/** The end of a campaign: what was done, what it came to, and the times without a writer. */
export function formatReport(tally: Tally, real_ms: number): string {
  const { histories, simulated_ms, acknowledged, violations } = tally;
  const years = simulated_ms / YEAR_MS;
  const faults = [...tally.faults.values()].reduce((sum, count) => sum + count, 0);
  return [
    "",
    `seeds             ${count(histories)}`,
    `simulated time    ${years.toFixed(2)} years`,
    `real time         ${(real_ms / 1_000).toFixed(1)} s: ${count(Math.round(simulated_ms / real_ms))} times faster than real time`,
    `acknowledged      ${count(acknowledged)} writes`,
    `faults            ${count(faults)}`,
    ...columns([...tally.faults].toSorted(([, a], [, b]) => b - a).map(([kind, number]) => `${kind} ${count(number)}`)),
    "",
    "time without a writer, by the fault before it (alone: a group of one instance)",
    `  ${"".padEnd(36)} ${"outages".padStart(8)} ${"p50".padStart(7)} ${"p90".padStart(7)} ${"p99".padStart(7)} ${"max".padStart(7)}   seconds`,
    ...[...tally.outages_s].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([kind, times]) => outageLine(kind, times)),
    "",
    "for comparison, what others publish of theirs",
    ...PUBLISHED_FIGURES.map(({ what, time, source }) => `  ${what.padEnd(26)} ${time}  (${source})`),
    "",
    `violations        ${violations.length}`,
    ...violations
      .toSorted((a, b) => a.seed - b.seed)
      .slice(0, 20)
      .map(({ seed, violation }) => `  seed ${seed}: ${violation.invariant} ${violation.what}`),
  ].join("\n");
}

/** The first lines of a history: what can go wrong in it, and what will. */
export function formatPlan(seed: number, { instances, weights, faults }: Plan): string {
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  const probabilities = [...weights].map(([kind, weight]) => `${kind} ${((weight / total) * 100).toFixed(1)}%`);
  return [
    `seed ${seed}: ${instances} instances, ${faults.length} faults`,
    "kinds of fault that are on, and how often each is drawn",
    ...columns(probabilities),
  ].join("\n");
}

export function formatFaults(faults: readonly Fault[]): string {
  return faults
    .map(({ kind, at_ms, duration_ms }) => {
      const lasts = duration_ms === 0 ? "" : `  for ${(duration_ms / 1_000).toFixed(1)} s`;
      return `  ${(at_ms / 1_000).toFixed(3).padStart(12)} s  ${kind.padEnd(26)}${lasts}`;
    })
    .join("\n");
}

function outageLine(kind: string, times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1);
  const cells = [count(sorted.length).padStart(8), ...[0.5, 0.9, 0.99, 1].map((share) => at(share).padStart(7))];
  return `  ${kind.padEnd(36)} ${cells.join(" ")}`;
}

function columns(cells: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (let index = 0; index < cells.length; index += 3) {
    lines.push(
      `  ${cells
        .slice(index, index + 3)
        .map((cell) => cell.padEnd(36))
        .join("")}`.trimEnd(),
    );
  }
  return lines;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
