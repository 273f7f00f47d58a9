import { readdirSync, readFileSync } from "node:fs";

/** Linux' books about CPU time. Elsewhere there are none: everything here is then undefined. */

const USER_HZ = 100;

/** CPU time that these processes with all their threads have used. A thread that has ended is no longer counted. */
export function usedCpu_s(pids: readonly number[]): number | undefined {
  return sumOfSchedstat(pids, 0);
}

/** Time that their threads were ready to run but waited for a core. */
export function waitedForCpu_s(pids: readonly number[]): number | undefined {
  return sumOfSchedstat(pids, 1);
}

/** https://docs.kernel.org/scheduler/sched-stats.html: ns on the CPU, ns waiting for it, number of turns. */
function sumOfSchedstat(pids: readonly number[], field: 0 | 1): number | undefined {
  if (process.platform !== "linux") return undefined;
  let sum_ns = 0;
  for (const pid of pids) {
    for (const thread of threadsOf(pid)) {
      sum_ns += Number(read(`/proc/${pid}/task/${thread}/schedstat`)?.split(" ")[field] ?? 0);
    }
  }
  return sum_ns / 1e9;
}

/** The process itself and those it has started and that still run. */
export function familyOf(pid: number): readonly number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`)?.trim().split(" ") ?? [];
  return [pid, ...children.filter((child) => child !== "").map(Number)];
}

/** Time that a core was not idle, whoever used it. */
export function busy_s(core: number): number | undefined {
  const line = read("/proc/stat")
    ?.split("\n")
    .find((candidate) => candidate.startsWith(`cpu${core} `));
  if (line === undefined) return undefined;
  // user nice system idle iowait irq softirq steal
  const fields = line.split(" ").slice(1, 9).map(Number);
  const idle = (fields[3] ?? 0) + (fields[4] ?? 0);
  return (fields.reduce((sum, ticks) => sum + ticks, 0) - idle) / USER_HZ;
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
