import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { environmentOf, type ProcessStat, processIds, readProcessStat } from "./process-stat.ts";

/** Killed processes are gone within milliseconds; one that hangs in the kernel for longer is reported. */
const KILL_TIMEOUT_MS = 10_000;
const KILL_INTERVAL_MS = 10;

/** Standard output and error (a journal), and the lock that postgres and all its backends inherit. */
const HELD_DESCRIPTORS = [1, 2, 3];
const OWNER_WRITE = 0o200;

/**
 * Processes that belong to a directory, and their descendants. One belongs when it works below the directory, when a TWIN_
 * variable of its environment names something there, or when it writes to a file there: postgres' backends work on the
 * shared file system and have written over their environment, but still hold their instance's lock.
 */
export function processesUnder(directory: string): number[] {
  return statsUnder(directory).map(({ pid }) => pid);
}

/** SIGKILLs them all, stopped ones too, until none is left. Throws when one survives that for ten seconds. */
export async function killUnder(directory: string): Promise<void> {
  const deadline_ms = performance.now() + KILL_TIMEOUT_MS;
  for (let found = statsUnder(directory); found.length > 0; found = statsUnder(directory)) {
    if (performance.now() > deadline_ms) {
      const pids = found.map(({ pid }) => pid).join(", ");
      throw new Error(
        `Processes ${pids} of ${directory} survived SIGKILL for ${KILL_TIMEOUT_MS / 1000} s; ` +
          "they hang in the kernel, maybe on a file system that does not answer. End them by hand.",
      );
    }
    // Stopped first: what can't fork any more can't leave a child behind that is no longer known by its parent.
    for (const stat of found) signal(stat, "SIGSTOP");
    const bornMeanwhile = statsUnder(directory).filter(({ pid }) => !found.some((known) => known.pid === pid));
    for (const stat of [...found, ...bornMeanwhile]) signal(stat, "SIGKILL");
    await sleep(KILL_INTERVAL_MS);
  }
}

function statsUnder(directory: string): readonly ProcessStat[] {
  const paths = spellings(directory);
  const strangers: ProcessStat[] = [];
  const members: ProcessStat[] = [];
  for (const pid of processIds()) {
    const stat = pid === process.pid ? undefined : readProcessStat(pid);
    if (stat === undefined || stat.isZombie) continue;
    (belongs(pid, paths) ? members : strangers).push(stat);
  }
  return withDescendants(members, strangers);
}

function withDescendants(members: readonly ProcessStat[], others: readonly ProcessStat[]): readonly ProcessStat[] {
  const pids = new Set(members.map(({ pid }) => pid));
  const children = others.filter(({ parent }) => pids.has(parent));
  if (children.length === 0) return members;
  return withDescendants(
    [...members, ...children],
    others.filter(({ parent }) => !pids.has(parent)),
  );
}

/** As it was given and, as the kernel has it, without symbolic links. */
function spellings(directory: string): readonly string[] {
  const absolute = resolve(directory);
  try {
    return [...new Set([absolute, realpathSync(absolute)])];
  } catch {
    // Removed already; processes may still work in it.
    return [absolute];
  }
}

function belongs(pid: number, directories: readonly string[]): boolean {
  const workingDirectory = target(`/proc/${pid}/cwd`);
  // Only the kernel's own threads have none, or the process is another user's.
  if (workingDirectory === undefined) return false;
  return (
    isBelow(workingDirectory, directories) ||
    environmentOf(pid).some(
      (variable) => variable.startsWith("TWIN_") && isBelow(variable.slice(variable.indexOf("=") + 1), directories),
    ) ||
    HELD_DESCRIPTORS.some((descriptor) => writesBelow(`/proc/${pid}/fd/${descriptor}`, directories))
  );
}

/** Somebody who only reads there, such as `tail -f` of a journal, is no part of the twin. */
function writesBelow(link: string, directories: readonly string[]): boolean {
  const file = target(link);
  if (file === undefined || !isBelow(file, directories)) return false;
  const mode = lstatSync(link, { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & OWNER_WRITE) !== 0;
}

function isBelow(path: string, directories: readonly string[]): boolean {
  return directories.some((directory) => `${path.replace(/ \(deleted\)$/, "")}/`.startsWith(`${directory}/`));
}

function target(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

function signal({ pid, start }: ProcessStat, name: "SIGSTOP" | "SIGKILL"): void {
  // Its id may have gone to somebody else since it was found.
  if (readProcessStat(pid)?.start !== start) return;
  try {
    process.kill(pid, name);
  } catch (error) {
    // Gone in this moment, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
