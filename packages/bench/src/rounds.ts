import type { Sample } from "./driver-contract.ts";
import type { Measurement } from "./measure.ts";
import type { Progress } from "./progress.ts";
import type { Row } from "./rows.ts";
import { rotated } from "./statistics.ts";
import { isGivenUp, mayRepeat, placeOf, type Turn, type VoidWindow, voidWindow } from "./voids.ts";

/** What the rounds ask of the stage. */
export interface Field {
  /** Has the peer do the row's work before it counts, unless it has done so already. */
  warmUp(turn: Turn): Promise<void>;
  /** Throws when the window gives no figure. */
  measure(turn: Turn): Promise<Sample>;
  /** After a window without a figure: whoever of those who take part is dead or does not answer is started anew. */
  heal(turn: Turn): Promise<void>;
  /** Whether an error of the above ends the run, instead of making a window void. */
  isFinal(error: unknown): boolean;
}

export interface RoundsPlan {
  readonly rows: readonly Row[];
  readonly rounds: number;
  /** How long each should take. */
  readonly warmUp_ms: number;
  readonly window_ms: number;
}

/** What is known after so many rounds. */
export interface Rounds {
  readonly rounds: number;
  readonly measurements: readonly Measurement[];
  /** All of them, whether another try gave a figure or not. */
  readonly voids: readonly VoidWindow[];
  /** The last window of each peer in a row that was not tried again. */
  readonly givenUp: readonly VoidWindow[];
}

/**
 * All peers of a row side by side, one row after the other, again each round; each round begins with another one. Yields after
 * each round. A window that gives no figure is tried again; where that is of no use, the others go on.
 */
export async function* measureRounds(
  field: Field,
  { rows, rounds, warmUp_ms, window_ms }: RoundsPlan,
  progress: Progress,
): AsyncGenerator<Rounds> {
  const measurements: Measurement[] = [];
  const voids: VoidWindow[] = [];
  const givenUp: VoidWindow[] = [];

  const attempt = async <Result>(turn: Turn, work: () => Promise<Result>): Promise<Result | undefined> => {
    if (isGivenUp(givenUp, turn)) return undefined;
    for (let isHealthy = true; ; isHealthy = false) {
      try {
        if (!isHealthy) await field.heal(turn);
        return await work();
      } catch (error) {
        if (field.isFinal(error)) throw error;
        const latest = voidWindow(turn, error);
        voids.push(latest);
        const isRepeated = mayRepeat(voids, turn);
        progress.note(`void: ${placeOf(latest)}: ${latest.reason} ${isRepeated ? "Repeated." : "Given up."}`);
        if (isRepeated) continue;
        givenUp.push(latest);
        return undefined;
      }
    }
  };

  const warmUps = turnsOf(rows, "before");
  const turns = Array.from({ length: rounds }, (_, round) => turnsOf(rows, round));
  const of_ms = warmUps.length * (warmUp_ms + rounds * window_ms);
  let done_ms = 0;
  const step = (turn: Turn, time_ms: number) => {
    progress.step({ done_ms, of_ms, turn, rounds });
    done_ms += time_ms;
  };

  for (const turn of warmUps) {
    step(turn, warmUp_ms);
    await attempt(turn, () => field.warmUp(turn));
  }
  for (const [round, turnsOfRound] of turns.entries()) {
    for (const turn of turnsOfRound) {
      step(turn, window_ms);
      const sample = await attempt(turn, async () => {
        await field.warmUp(turn);
        return await field.measure(turn);
      });
      if (sample !== undefined) measurements.push({ ...turn, round, sample });
    }
    yield { rounds: round + 1, measurements: [...measurements], voids: [...voids], givenUp: [...givenUp] };
  }
  progress.end();
}

function turnsOf(rows: readonly Row[], round: number | "before"): readonly Turn[] {
  const first = round === "before" ? 0 : round;
  return rotated(rows, first).flatMap((row) => rotated(row.peers, first).map((peer) => ({ row, peer, round })));
}
