import { PEER_NAMES } from "./rows.ts";
import type { Round, Turn } from "./voids.ts";

/** How far a run has come. */
export interface Progress {
  /** What goes on until the next word. */
  say(what: string): void;
  step(step: Step): void;
  /** Something that stays on the screen. */
  note(text: string): void;
  end(): void;
}

interface Step {
  /** Of the time that the whole run should take. */
  readonly done_ms: number;
  readonly of_ms: number;
  readonly turn: Turn;
  readonly rounds: number;
}

/** One line that is written over in a terminal; elsewhere a line for each round, and one for the warm-up. */
export function createProgress(options: {
  readonly write: (text: string) => void;
  readonly isLive: boolean;
  readonly now_ms: () => number;
}): Progress {
  const { write, isLive, now_ms } = options;
  let start_ms: number | undefined;
  let lastRound: Round | undefined;
  const clear = isLive ? "\r\x1b[2K" : "";
  const show = (text: string) => write(isLive ? `${clear}${text}` : `${text}\n`);
  return {
    say: show,
    step: ({ done_ms, of_ms, turn: { row, peer, round }, rounds }) => {
      start_ms ??= now_ms();
      if (!isLive && round === lastRound) return;
      lastRound = round;
      // Slower than it should be so far: then also in what is left.
      const pace = done_ms === 0 ? 1 : (now_ms() - start_ms) / done_ms;
      const left = `, ${duration(pace * (of_ms - done_ms))} left`;
      const stage = typeof round === "number" ? `round ${round + 1} of ${rounds}` : "warming up";
      show(isLive ? `${stage}: ${row.title}, ${PEER_NAMES[peer]}${left}` : `${stage}${left}`);
    },
    note: (text) => write(`${clear}${text}\n`),
    end: () => write(clear),
  };
}

function duration(time_ms: number): string {
  const seconds = Math.ceil(time_ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
