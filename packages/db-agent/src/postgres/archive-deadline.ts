import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DEADLINE_LOOK_MS } from "../constants.ts";
import { readText, replaceFile } from "./local-file.ts";

/**
 * A shutdown waits for the archiver, and the archiver for a bucket that may not answer. So the agent says until when there is to be
 * any archiving; what is left by then stays marked as not archived, and the next postgres archives it.
 */
export function setArchiveDeadline(stateDir: string, at_ms: number): void {
  replaceFile(deadlineFile(stateDir), String(at_ms));
}

/** There is no end in sight: a postgres is about to start. */
export function clearArchiveDeadline(stateDir: string): void {
  rmSync(deadlineFile(stateDir), { force: true });
}

/** Resolves when the deadline is over, also one that is set meanwhile; never without one. */
export async function archiveDeadline(stateDir: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const text = readText(deadlineFile(stateDir));
    if (text !== undefined && Date.now() >= Number(text)) return;
    await sleep(DEADLINE_LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

const deadlineFile = (stateDir: string) => join(stateDir, "archive-until");
