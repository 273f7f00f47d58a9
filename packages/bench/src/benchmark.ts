import { thisComputer } from "@cloudy/command-line";
import { HEAT_SECONDS_MAX, WARMUP_SECONDS_MAX } from "./constants.ts";
import { assertEqualAnswers, assertEqualStatements } from "./equal-work.ts";
import { type Verdict, verdictsOf } from "./goals.ts";
import { type Measurement, measure, type Timing } from "./measure.ts";
import { chooseCores } from "./pinning.ts";
import type { Progress } from "./progress.ts";
import { PEER_NAMES, type Peer, ROWS, type Row, type RowKey } from "./rows.ts";
import { type Stage, setStage } from "./stage.ts";
import { rotated } from "./statistics.ts";
import { type RowResult, summarize } from "./summary.ts";

export interface Plan {
  readonly rounds: number;
  readonly seconds: number;
  readonly only: readonly RowKey[];
}

/** What is written to results.json. */
export interface Results {
  readonly startedAt: string;
  readonly machine: string;
  readonly postgres: string;
  readonly isPinned: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly verdicts: readonly Verdict[];
  readonly rows: readonly RowResult[];
}

/** One whole run. Rejects with the signal's reason when it is aborted; leaves no process behind in any case. */
export async function runBenchmark(plan: Plan, progress: Progress, signal: AbortSignal): Promise<Results> {
  const startedAt = new Date().toISOString();
  const cores = chooseCores();
  progress.say("starting PostgreSQL and the servers");
  const stage = await setStage(cores, signal);
  try {
    const rows = ROWS.filter(({ key }) => plan.only.includes(key));
    await assertEqualStatements(stage);
    await assertEqualAnswers(stage, rows, "before");
    progress.say("warming the servers up");
    await heat(stage, rows, plan, signal);
    const measurements = await measureRounds(stage, rows, plan, progress, signal);
    await assertEqualAnswers(stage, rows, "after");
    const results = rows.map((row) => summarize(row, measurements));
    const [version] = await stage.postgres.sql<{ server_version: string }>("SHOW server_version");
    return {
      startedAt,
      machine: thisComputer(),
      postgres: `PostgreSQL ${version?.server_version}`,
      isPinned: cores.one.length > 0,
      rounds: plan.rounds,
      seconds: plan.seconds,
      verdicts: verdictsOf(results),
      rows: results,
    };
  } finally {
    await stage.close();
  }
}

/** Everybody does all of the work once before it counts. */
async function heat(stage: Stage, rows: readonly Row[], { seconds }: Plan, signal: AbortSignal): Promise<void> {
  const timing: Timing = { warmup_ms: 0, window_ms: Math.min(HEAT_SECONDS_MAX, 3 * seconds) * 1000 };
  for (const { row, peer } of turnsOf(rows, 0)) {
    signal.throwIfAborted();
    await measure(stage, row, peer, "heat", timing);
  }
}

/** All peers of a row side by side, one row after the other, again each round; each round begins with another one. */
async function measureRounds(
  stage: Stage,
  rows: readonly Row[],
  { rounds, seconds }: Plan,
  progress: Progress,
  signal: AbortSignal,
): Promise<readonly Measurement[]> {
  const timing: Timing = {
    warmup_ms: Math.min(WARMUP_SECONDS_MAX, seconds / 2) * 1000,
    window_ms: seconds * 1000,
  };
  const turns = Array.from({ length: rounds }, (_, round) => turnsOf(rows, round)).flat();
  const measurements: Measurement[] = [];
  for (const { row, peer, round } of turns) {
    progress.step({
      done: measurements.length,
      of: turns.length,
      round,
      rounds,
      what: `${row.title}, ${PEER_NAMES[peer]}`,
    });
    signal.throwIfAborted();
    measurements.push({ row, peer, round, sample: await measure(stage, row, peer, String(round), timing) });
  }
  progress.end();
  return measurements;
}

function turnsOf(rows: readonly Row[], round: number): readonly { row: Row; peer: Peer; round: number }[] {
  return rotated(rows, round).flatMap((row) => rotated(row.peers, round).map((peer) => ({ row, peer, round })));
}
