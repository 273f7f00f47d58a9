import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasCode, syncDirectory } from "./epochs.ts";
import { AgentError } from "./errors.ts";

/** Where postgres keeps its data, on the shared file system. Like epochs.ts for the shared-files process only. */
export function dataDirectory(sharedDir: string): string {
  return join(sharedDir, "pgdata");
}

/** Temporary directory of one initdb run. */
export function initdbDirectory(sharedDir: string, token: string): string {
  return join(sharedDir, `initdb-${token}`);
}

/** Major version of the data directory (`17`), or `undefined` when there is none. */
export function readDataVersion(sharedDir: string): string | undefined {
  try {
    return readFileSync(join(dataDirectory(sharedDir), "PG_VERSION"), "utf8").trim();
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Whether a data directory was ever put in place. */
export function wasInitialized(sharedDir: string): boolean {
  return existsSync(markerPath(sharedDir));
}

/**
 * Makes the data directory ready for a postgres of this machine; tells whether there is one. The caller holds the local
 * lock and the current epoch: no other postgres is alive, here or elsewhere, so a postmaster.pid is a dead machine's (its
 * number may belong to any process here, and postgres would refuse to start because of it) and so are unfinished initdbs.
 */
export function prepareDataDirectory(sharedDir: string): "present" | "absent" {
  for (const name of readdirSync(sharedDir)) {
    if (name.startsWith("initdb-")) rmSync(join(sharedDir, name), { recursive: true, force: true });
  }
  if (readDataVersion(sharedDir) !== undefined) {
    rmSync(join(dataDirectory(sharedDir), "postmaster.pid"), { force: true });
    return "present";
  }
  if (wasInitialized(sharedDir)) {
    throw new AgentError(
      `${dataDirectory(sharedDir)} was initialized once and is missing: restore it, it is never made anew`,
    );
  }
  return "absent";
}

/** Puts a finished initdb in place. rename(2) refuses to replace a directory with content, so data is never overwritten. */
export function installDataDirectory(sharedDir: string, token: string): void {
  const target = dataDirectory(sharedDir);
  if (isDirectory(target) && readdirSync(target).length > 0) {
    throw new AgentError(`${target} has content that is not a data directory: move it away`);
  }
  renameSync(initdbDirectory(sharedDir, token), target);
  writeFileSync(markerPath(sharedDir), "", { flush: true });
  syncDirectory(sharedDir);
}

function markerPath(sharedDir: string): string {
  return join(sharedDir, "epochs", "initialized");
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
