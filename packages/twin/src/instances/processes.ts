import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Killed processes are gone within milliseconds; one that hangs in the kernel for longer is reported. */
const KILL_TIMEOUT_MS = 5_000;
const KILL_INTERVAL_MS = 10;

/**
 * Processes that belong to a directory: their working directory lies below it, or a TWIN_ variable of their environment
 * names it (postgres overwrites its environment with its title, but works in its data directory).
 */
export function processesUnder(directory: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && belongs(pid, directory));
}

/** SIGKILLs them all, stopped ones too, until none is left. */
export async function killUnder(directory: string): Promise<void> {
  const deadline_ms = performance.now() + KILL_TIMEOUT_MS;
  for (let pids = processesUnder(directory); pids.length > 0; pids = processesUnder(directory)) {
    if (performance.now() > deadline_ms) {
      throw new Error(`Processes ${pids.join(", ")} of ${directory} survive SIGKILL; is their file system hung?`);
    }
    for (const pid of pids) kill(pid);
    await sleep(KILL_INTERVAL_MS);
  }
}

function belongs(pid: number, directory: string): boolean {
  return isBelow(workingDirectory(pid), directory) || marksOf(pid).some((path) => isBelow(path, directory));
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

function workingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // Gone, a zombie, or another user's.
    return "";
  }
}

function marksOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8")
      .split("\0")
      .filter((variable) => variable.startsWith("TWIN_"))
      .map((variable) => variable.slice(variable.indexOf("=") + 1));
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It is gone already, which is what was wanted.
  }
}
