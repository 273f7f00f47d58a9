import { spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readlinkSync, realpathSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { AgentError } from "../errors.ts";

/**
 * The lock on a local file that proves how many processes of postgres are alive: it belongs to the open file, every process
 * that inherited the descriptor keeps it, and the kernel lets go of it with the last of them. What is particular to Linux
 * (util-linux' flock, /proc) is all in this file.
 */

/** It comes with util-linux, which every Linux has. */
const FLOCK = "flock";

/** Tries once; returns the descriptor that carries the lock, or `undefined` when other processes hold it. */
export async function tryLock(path: string): Promise<number | undefined> {
  return lock(path, ["-xn", "3"]);
}

/** Waits until the last holder is gone; returns the descriptor that carries the lock. */
export async function waitForLock(path: string): Promise<number> {
  const descriptor = await lock(path, ["-x", "3"]);
  if (descriptor === undefined) throw new AgentError(`flock gave up waiting for ${path}`);
  return descriptor;
}

async function lock(path: string, flockArguments: readonly string[]): Promise<number | undefined> {
  const descriptor = openSync(path, "a", 0o600);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      const flock = spawn(FLOCK, flockArguments, { stdio: ["ignore", "inherit", "inherit", descriptor] });
      flock.on("error", (error) =>
        reject(new AgentError("flock (util-linux) could not be run: install it", { cause: error })),
      );
      flock.on("exit", resolve);
    });
    if (code === 0) return descriptor;
    closeSync(descriptor);
    return undefined;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Processes of this user that keep the lock, and which of them is the postmaster (its parent is not a postgres of ours). */
export async function findHolders(
  path: string,
): Promise<{ readonly all: readonly number[]; readonly postmaster: number | undefined }> {
  const target = realpathSync(path);
  const holders: { readonly pid: number; readonly parent: number; readonly command: string }[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || !hasOpen(pid, target)) continue;
    const stat = await processStat(pid);
    // A flock of ours has the file open too, but only waits for the lock.
    if (stat !== undefined && stat.command !== FLOCK) holders.push({ pid, ...stat });
  }
  const all = holders.map((holder) => holder.pid);
  const postmaster = holders.find((holder) => holder.command === "postgres" && !all.includes(holder.parent))?.pid;
  return { all, postmaster };
}

function hasOpen(pid: number, target: string): boolean {
  try {
    const directory = `/proc/${pid}/fd`;
    return readdirSync(directory).some((descriptor) => linkTarget(`${directory}/${descriptor}`) === target);
  } catch {
    // It ended meanwhile, or belongs to another user and so cannot be ours.
    return false;
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** `/proc/<pid>/stat` is `pid (command) state parent ...`; the command may contain spaces and parentheses. */
async function processStat(pid: number): Promise<{ command: string; parent: number } | undefined> {
  try {
    const match = /^\d+ \((.*)\) \S (\d+)/s.exec(await readFile(`/proc/${pid}/stat`, "utf8"));
    return match === null ? undefined : { command: match[1] ?? "", parent: Number(match[2]) };
  } catch {
    return undefined;
  }
}
