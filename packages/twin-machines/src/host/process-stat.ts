import { readdirSync, readFileSync } from "node:fs";

/** What is read of /proc/PID/stat, see proc_pid_stat(5). */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** Clock ticks after boot: with the id it names a process for good, since ids are used again. */
  readonly start: number;
  /** It has ended and waits for its parent to ask how. */
  readonly isZombie: boolean;
}

/** All processes of this machine. */
export function processIds(): number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

/** Undefined when there is no such process (any more). */
export function readProcessStat(pid: number): ProcessStat | undefined {
  const text = readText(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
  const [state, parent, , session, ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const start = rest[15];
  if (start === undefined) return undefined;
  return { pid, parent: Number(parent), session: Number(session), start: Number(start), isZombie: state === "Z" };
}

/** What a process was started with, `NAME=value` each; empty for another user's and for one that wrote over it. */
export function environmentOf(pid: number): readonly string[] {
  return readText(`/proc/${pid}/environ`).split("\0");
}

/** Empty when the process is gone, or another user's. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
