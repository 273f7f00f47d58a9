import type { Tally } from "./tally.ts";

/** A line now and then when the output is not a terminal. */
const PLAIN_INTERVAL_MS = 10_000;
const LIVE_INTERVAL_MS = 200;

/** How far a campaign is, how fast it goes, how long it will take, and each violation as soon as it is known. */
export function createProgress(options: {
  readonly total: number;
  readonly write: (text: string) => void;
  readonly isLive: boolean;
}) {
  const { total, write, isLive } = options;
  const started_ms = performance.now();
  let shown_ms = started_ms;
  let told = 0;
  return {
    show(tally: Tally): void {
      const now_ms = performance.now();
      for (const { seed, violation } of tally.violations.slice(told)) {
        write(`${isLive ? "\r\u001b[K" : ""}seed ${seed}: ${violation.invariant} ${violation.what}\n`);
      }
      told = tally.violations.length;
      if (now_ms - shown_ms < (isLive ? LIVE_INTERVAL_MS : PLAIN_INTERVAL_MS)) return;
      shown_ms = now_ms;
      const rate = tally.histories / ((now_ms - started_ms) / 1_000);
      const left_s = Math.round((total - tally.histories) / rate);
      const text = `${tally.histories} of ${total} seeds, ${rate.toFixed(1)} a second, ${formatLeft(left_s)} left, ${tally.violations.length} violations`;
      write(isLive ? `\r\u001b[K${text}` : `${text}\n`);
    },
    end(): void {
      if (isLive) write("\r\u001b[K");
    },
  };
}

function formatLeft(seconds: number): string {
  return seconds >= 120 ? `${Math.round(seconds / 60)} min` : `${seconds} s`;
}
