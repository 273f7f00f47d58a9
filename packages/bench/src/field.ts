import { HEAT_SECONDS_MAX, HEAT_WINDOWS_MAX, WARMUP_SECONDS_MAX } from "./constants.ts";
import { measure, type Timing, UsersLost } from "./measure.ts";
import type { Field } from "./rounds.ts";
import type { RowKey } from "./rows.ts";
import { driverOf, heal, type Stage, serverOf } from "./stage.ts";
import type { Turn } from "./voids.ts";

/** How long a window is, and what comes before it. */
export function timingsOf(seconds: number): { readonly heat: Timing; readonly window: Timing } {
  return {
    heat: { warmup_ms: 0, window_ms: Math.min(HEAT_SECONDS_MAX, HEAT_WINDOWS_MAX * seconds) * 1000 },
    window: { warmup_ms: Math.min(WARMUP_SECONDS_MAX, seconds / 2) * 1000, window_ms: seconds * 1000 },
  };
}

/** What the rounds ask for, done on a stage. */
export function fieldOn(stage: Stage, seconds: number, signal: AbortSignal): Field {
  const timings = timingsOf(seconds);
  /** By who did the work: one that is started anew is cold again. */
  const warmed = new WeakMap<object, Set<RowKey>>();
  let windows = 0;
  const take = ({ row, peer }: Turn, timing: Timing) => {
    signal.throwIfAborted();
    windows += 1;
    // Of its own for each window, tried again or not: it names the users that are added.
    return measure(stage, row, peer, String(windows), timing);
  };
  return {
    warmUp: async (turn) => {
      const worker = (serverOf(stage, turn.row, turn.peer) ?? driverOf(stage, turn.peer)).current;
      const rows = warmed.get(worker) ?? new Set<RowKey>();
      warmed.set(worker, rows);
      if (rows.has(turn.row.key)) return;
      await take(turn, timings.heat);
      rows.add(turn.row.key);
    },
    measure: (turn) => take(turn, timings.window),
    heal: ({ row, peer }) => heal(stage, row, peer),
    isFinal: (error) => signal.aborted || error instanceof UsersLost,
  };
}
