/** How far a run has come. */
export interface Progress {
  say(what: string): void;
  step(step: Step): void;
  end(): void;
}

interface Step {
  readonly done: number;
  readonly of: number;
  /** From 0. */
  readonly round: number;
  readonly rounds: number;
  readonly what: string;
}

/** One line that is written over in a terminal; elsewhere a line for each round. */
export function createProgress(options: {
  readonly write: (text: string) => void;
  readonly isLive: boolean;
  readonly now_ms: () => number;
}): Progress {
  const { write, isLive, now_ms } = options;
  let start_ms: number | undefined;
  let lastRound = -1;
  const show = (text: string) => write(isLive ? `\r\x1b[2K${text}` : `${text}\n`);
  return {
    say: show,
    step: ({ done, of, round, rounds, what }) => {
      start_ms ??= now_ms();
      if (!isLive && round === lastRound) return;
      lastRound = round;
      const left = done === 0 ? "" : `, ${Math.ceil(((now_ms() - start_ms) / done / 1000) * (of - done))} s left`;
      show(isLive ? `round ${round + 1} of ${rounds}: ${what}${left}` : `round ${round + 1} of ${rounds}${left}`);
    },
    end: () => {
      if (isLive) write("\r\x1b[2K");
    },
  };
}
