import { readdirSync, readFileSync } from "node:fs";

/** Linux' books about CPU time. Elsewhere there are none: everything here is then undefined. */

const USER_HZ = 100;

/** By thread, in ns. */
type Books = ReadonlyMap<string, number>;

/** CPU time that these processes have used so far, each thread by itself. */
export function cpuBooks(pids: readonly number[]): Books | undefined {
  return schedstat(pids, 0);
}

/** The time that their threads were ready to run but waited for a core. */
export function waitingBooks(pids: readonly number[]): Books | undefined {
  return schedstat(pids, 1);
}

/** What has been added since. A thread that has ended takes its books with it: what it did in between is not counted. */
export function addedBetween_s(start: Books | undefined, end: Books | undefined): number | undefined {
  if (start === undefined || end === undefined) return undefined;
  let sum_ns = 0;
  for (const [thread, ns] of end) sum_ns += ns - (start.get(thread) ?? 0);
  return sum_ns / 1e9;
}

/** https://docs.kernel.org/scheduler/sched-stats.html: ns on the CPU, ns waiting for it, number of turns. */
function schedstat(pids: readonly number[], field: 0 | 1): Books | undefined {
  if (process.platform !== "linux") return undefined;
  const books = new Map<string, number>();
  for (const pid of pids) {
    for (const thread of threadsOf(pid)) {
      const ns = read(`/proc/${pid}/task/${thread}/schedstat`)?.split(" ")[field];
      if (ns !== undefined) books.set(`${pid}/${thread}`, Number(ns));
    }
  }
  return books;
}

/** The process itself and those it has started and that still run. */
export function familyOf(pid: number): readonly number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`)?.trim().split(" ") ?? [];
  return [pid, ...children.filter((child) => child !== "").map(Number)];
}

/** Time that these cores were not idle, whoever used them. */
export function busy_s(cores: readonly number[]): number | undefined {
  const lines = read("/proc/stat")?.split("\n");
  if (lines === undefined) return undefined;
  const ticks = cores.map((core) => {
    // user nice system idle iowait irq softirq steal
    const fields =
      lines
        .find((line) => line.startsWith(`cpu${core} `))
        ?.split(" ")
        .slice(1, 9)
        .map(Number) ?? [];
    const idle = (fields[3] ?? 0) + (fields[4] ?? 0);
    return fields.reduce((sum, field) => sum + field, 0) - idle;
  });
  return ticks.reduce((sum, busy) => sum + busy, 0) / USER_HZ;
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** A process that has just ended has no books any more. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
