/** Something that happened, for people to read. */
export interface TraceLine {
  readonly at_ms: number;
  readonly who: string;
  readonly what: string;
  readonly detail: string;
}

/** One line in fixed columns: hours, who, what, and the rest. */
export function formatLine({ at_ms, who, what, detail }: TraceLine): string {
  return `${formatTime(at_ms)}  ${who.padEnd(9)} ${what.padEnd(18)} ${detail}`.trimEnd();
}

function formatTime(at_ms: number): string {
  const hours = Math.floor(at_ms / 3_600_000);
  const minutes = Math.floor(at_ms / 60_000) % 60;
  const seconds = (at_ms / 1_000) % 60;
  return `${String(hours).padStart(3)}:${String(minutes).padStart(2, "0")}:${seconds.toFixed(3).padStart(6, "0")}`;
}
