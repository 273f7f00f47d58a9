import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** It comes with util-linux, which every Linux has. */
const IPCRM = "ipcrm";
/** A data directory lies below its file system and access point: `efs/fs-1/shared/pgdata`. */
const DEPTH_MAX = 5;
/** This line of postmaster.pid has key and id of the System V segment by which servers on one directory notice each other. */
const SEGMENT_LINE = 6;

/**
 * Removes the shared memory of PostgreSQL servers below `directory` that were killed: the kernel keeps those segments for
 * ever, and has only 4096. One that is still in use, or that is not the server's own (any more), is left alone.
 */
export function releaseSharedMemory(directory: string): void {
  const orphans = readFileSync("/proc/sysvipc/shm", "utf8")
    .split("\n")
    .map((row) => row.trim().split(/\s+/))
    .flatMap(([key, id, , , , , attached]) => (attached === "0" ? [`${key} ${id}`] : []));
  for (const file of postmasterFiles(directory, DEPTH_MAX)) {
    const [key, id] = (readFileSync(file, "utf8").split("\n")[SEGMENT_LINE] ?? "").trim().split(/\s+/);
    if (id !== undefined && orphans.includes(`${key} ${id}`)) execFileSync(IPCRM, ["-m", id], { stdio: "ignore" });
  }
}

function postmasterFiles(directory: string, depth: number): string[] {
  if (!existsSync(directory)) return [];
  const entries = readdirSync(directory, { withFileTypes: true });
  const own = entries.some((entry) => entry.name === "postmaster.pid") ? [join(directory, "postmaster.pid")] : [];
  // A data directory has no other one inside.
  if (own.length > 0 || depth === 0) return own;
  return entries.flatMap((entry) =>
    entry.isDirectory() ? postmasterFiles(join(directory, entry.name), depth - 1) : [],
  );
}
