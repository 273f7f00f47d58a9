import { thisComputer } from "@cloudy/command-line";
import { assertEqualAnswers, assertEqualStatements, differencesOf } from "./equal-work.ts";
import { fieldOn, timingsOf } from "./field.ts";
import { type Verdict, verdictsOf } from "./goals.ts";
import { chooseCores } from "./pinning.ts";
import type { Progress } from "./progress.ts";
import { findPython } from "./reference.ts";
import { measureRounds, type Rounds } from "./rounds.ts";
import { type Peer, ROWS, type RowKey, withoutPeer } from "./rows.ts";
import { setStage } from "./stage.ts";
import { type RowResult, summarize } from "./summary.ts";
import type { VoidWindow } from "./voids.ts";

export interface Plan {
  readonly rounds: number;
  readonly seconds: number;
  readonly only: readonly RowKey[];
  /** The reference's own stack is measured, too. */
  readonly reference: boolean;
}

/** What is written to results.json. */
export interface Results {
  readonly startedAt: string;
  readonly machine: string;
  readonly postgres: string;
  readonly isPinned: boolean;
  /** So many were measured, of so many that were planned. */
  readonly rounds: number;
  readonly roundsPlanned: number;
  readonly seconds: number;
  readonly verdicts: readonly Verdict[];
  readonly rows: readonly RowResult[];
  /** Who was left out altogether, and why. */
  readonly skipped: readonly { readonly peer: Peer; readonly reason: string }[];
  readonly voids: readonly VoidWindow[];
  readonly givenUp: readonly VoidWindow[];
}

/**
 * One whole run: yields what is known after each round, the last time after the servers' answers were compared once more. Rejects with
 * the signal's reason when it is aborted; leaves no process behind in any case.
 */
export async function* runBenchmark(plan: Plan, progress: Progress, signal: AbortSignal): AsyncGenerator<Results> {
  const startedAt = new Date().toISOString();
  const cores = chooseCores();
  const python = plan.reference ? await findPython(signal, progress.say) : undefined;
  const skipped =
    python !== undefined && "missing" in python ? [{ peer: "flask", reason: python.missing } as const] : [];
  const path = python !== undefined && "path" in python ? python.path : undefined;
  const wanted = ROWS.filter(({ key }) => plan.only.includes(key));
  const rows = path === undefined ? wanted.map((row) => withoutPeer(row, "flask")) : wanted;
  progress.say("starting PostgreSQL and the servers");
  const stage = await setStage(cores, path, signal);
  try {
    await assertEqualStatements(stage);
    await assertEqualAnswers(stage, rows);
    const [version] = await stage.postgres.current.sql<{ server_version: string }>("SHOW server_version");
    const resultsOf = ({ rounds, measurements, voids, givenUp }: Rounds): Results => {
      const results = rows.map((row) => summarize(row, measurements, givenUp));
      return {
        startedAt,
        machine: thisComputer(),
        postgres: `PostgreSQL ${version?.server_version}`,
        isPinned: cores.one.length > 0,
        rounds,
        roundsPlanned: plan.rounds,
        seconds: plan.seconds,
        verdicts: verdictsOf(results),
        rows: results,
        skipped,
        voids,
        givenUp,
      };
    };
    const { heat, window } = timingsOf(plan.seconds);
    const times = { warmUp_ms: heat.window_ms, window_ms: window.warmup_ms + window.window_ms };
    const field = fieldOn(stage, plan.seconds, signal);
    let latest: Rounds | undefined;
    for await (latest of measureRounds(field, { rows, rounds: plan.rounds, ...times }, progress)) {
      yield resultsOf(latest);
    }
    if (latest === undefined) return;
    const differences = await differencesOf(stage, rows, latest.givenUp, signal);
    if (differences.length > 0) yield resultsOf({ ...latest, givenUp: [...latest.givenUp, ...differences] });
  } finally {
    await stage.close();
  }
}
