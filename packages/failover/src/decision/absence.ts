/** What a round saw of the writer, and since when none was seen. */
export interface Look {
  readonly at_ms: number;
  /** Primaries that accept sessions; `undefined`: the round was blind. */
  readonly online: number | undefined;
  /** First look of the outage that lasts. */
  readonly absentSince_ms: number | undefined;
}

/** The next look; one after a longer gap than `gap_ms_max` knows nothing of the ones before. */
export function lookAgain(
  before: Look | undefined,
  now: Pick<Look, "at_ms" | "online">,
  gap_ms_max: number,
): { readonly look: Look; readonly without_s: number; readonly outage_s: number | undefined } {
  const known = before !== undefined && now.at_ms - before.at_ms <= gap_ms_max ? before : undefined;
  const since_ms = known?.absentSince_ms;
  return {
    look: { ...now, absentSince_ms: absentSince(now, since_ms) },
    without_s: secondsWithout(known, now),
    outage_s: since_ms !== undefined && (now.online ?? 0) > 0 ? (now.at_ms - since_ms) / 1_000 : undefined,
  };
}

function absentSince({ at_ms, online }: Pick<Look, "at_ms" | "online">, since_ms: number | undefined) {
  if (online === undefined) return since_ms;
  return online > 0 ? undefined : (since_ms ?? at_ms);
}

/**
 * What a look adds to the time without a writer: all of the time since the look before it, if that one saw none. An outage
 * so counts from the first look that saw it to the first that saw its end: now too short at its beginning, now too long at its
 * end, on average right. What a blind round, or a function that was not running, did not see is not counted.
 */
function secondsWithout(before: Look | undefined, now: Pick<Look, "at_ms" | "online">): number {
  if (before === undefined || before.online !== 0 || now.online === undefined) return 0;
  return (now.at_ms - before.at_ms) / 1_000;
}
