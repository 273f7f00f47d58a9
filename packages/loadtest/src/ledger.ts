/**
 * What the demo knows of each write. An acknowledged one must be there in the end, exactly once. One that was refused
 * or got no answer may be there or not: nobody was told that it is.
 */
export interface Write {
  readonly username: string;
  readonly sent_ms: number;
  readonly outcome: "under way" | "acknowledged" | "unknown";
  readonly done_ms: number | undefined;
}

export interface Ledger {
  send(username: string, sent_ms: number): void;
  settle(username: string, outcome: "acknowledged" | "unknown", done_ms: number): void;
  writes(): Iterable<Write>;
  acknowledged(): number;
}

export function createLedger(): Ledger {
  const writes = new Map<string, Write>();
  let acknowledged = 0;
  return {
    send(username, sent_ms) {
      if (writes.has(username)) throw new Error(`The name ${username} was used twice.`);
      writes.set(username, { username, sent_ms, outcome: "under way", done_ms: undefined });
    },
    settle(username, outcome, done_ms) {
      const write = writes.get(username);
      if (write?.outcome !== "under way") throw new Error(`The write of ${username} is not under way.`);
      writes.set(username, { ...write, outcome, done_ms });
      if (outcome === "acknowledged") acknowledged += 1;
    },
    writes: () => writes.values(),
    acknowledged: () => acknowledged,
  };
}

export interface Comparison {
  readonly acknowledged: number;
  /** Acknowledged, but not there. */
  readonly lost: readonly string[];
  /** There more than once. */
  readonly doubled: readonly string[];
  /** Without an answer, yet there: nothing wrong with them. */
  readonly unansweredButStored: number;
  readonly unanswered: number;
}

/** Compares the ledger with the usernames that the database holds. */
export function compare(writes: Iterable<Write>, stored: readonly string[]): Comparison {
  const counts = new Map<string, number>();
  for (const username of stored) counts.set(username, (counts.get(username) ?? 0) + 1);
  const all = [...writes];
  const acknowledged = all.filter((write) => write.outcome === "acknowledged");
  const unanswered = all.filter((write) => write.outcome !== "acknowledged");
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged.filter((write) => !counts.has(write.username)).map((write) => write.username),
    doubled: all.filter((write) => (counts.get(write.username) ?? 0) > 1).map((write) => write.username),
    unansweredButStored: unanswered.filter((write) => counts.has(write.username)).length,
    unanswered: unanswered.length,
  };
}

/**
 * When writes were acknowledged again after `lost_ms`: the end of the longest silence that began since. Writes that were
 * on their way when the database was lost may still be acknowledged after it, so the first one proves nothing.
 * `undefined` while the longest silence is the present one.
 */
export function recovery(writes: Iterable<Write>, lost_ms: number, now_ms: number): number | undefined {
  const acknowledged = [...writes]
    .flatMap((write) => (write.outcome === "acknowledged" && write.done_ms !== undefined ? [write.done_ms] : []))
    .filter((done_ms) => done_ms >= lost_ms)
    .sort((a, b) => a - b);
  let longest_ms = 0;
  let end_ms: number | undefined;
  let last_ms = lost_ms;
  for (const done_ms of acknowledged) {
    if (done_ms - last_ms > longest_ms) {
      longest_ms = done_ms - last_ms;
      end_ms = done_ms;
    }
    last_ms = done_ms;
  }
  return now_ms - last_ms > longest_ms ? undefined : end_ms;
}
