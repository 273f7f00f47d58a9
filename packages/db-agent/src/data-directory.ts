import { join } from "node:path";
import { AgentError } from "./errors.ts";
import { type FileSteps, hasCode, perform, syncDirectory, writeDurably } from "./file-operations.ts";

/** Where postgres keeps its data, on the shared file system. */
export function dataDirectory(sharedDir: string): string {
  return join(sharedDir, "pgdata");
}

/** Temporary directory of one initdb run. */
export function initdbDirectory(sharedDir: string, token: string): string {
  return join(sharedDir, `initdb-${token}`);
}

/** Major version of the data directory (`17`), or `undefined` when there is none. */
export function* readDataVersion(sharedDir: string): FileSteps<string | undefined> {
  try {
    return (yield* perform({ op: "read-file", path: join(dataDirectory(sharedDir), "PG_VERSION") })).trim();
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Whether a data directory was ever put in place. */
export function* wasInitialized(sharedDir: string): FileSteps<boolean> {
  return (yield* perform({ op: "stat", path: markerPath(sharedDir) })) !== undefined;
}

/**
 * Makes the data directory ready for a postgres of this machine; tells whether there is one. The caller holds the local
 * lock and the current epoch: no other postgres is alive, here or elsewhere, so a postmaster.pid is a dead machine's (its
 * number may belong to any process here, and postgres would refuse to start because of it) and so are unfinished initdbs.
 */
export function* prepareDataDirectory(sharedDir: string): FileSteps<"present" | "absent"> {
  for (const name of yield* perform({ op: "read-directory", path: sharedDir })) {
    if (name.startsWith("initdb-")) yield* perform({ op: "remove", path: join(sharedDir, name) });
  }
  if ((yield* readDataVersion(sharedDir)) !== undefined) {
    yield* perform({ op: "remove", path: join(dataDirectory(sharedDir), "postmaster.pid") });
    return "present";
  }
  if (yield* wasInitialized(sharedDir)) {
    throw new AgentError(
      `${dataDirectory(sharedDir)} was initialized once and is missing: restore it, it is never made anew`,
    );
  }
  return "absent";
}

/** Puts a finished initdb in place. rename(2) refuses to replace a directory with content, so data is never overwritten. */
export function* installDataDirectory(sharedDir: string, token: string): FileSteps<void> {
  const target = dataDirectory(sharedDir);
  const existing = yield* perform({ op: "stat", path: target });
  if (existing?.isDirectory === true && (yield* perform({ op: "read-directory", path: target })).length > 0) {
    throw new AgentError(`${target} has content that is not a data directory: move it away`);
  }
  yield* perform({ op: "rename", from: initdbDirectory(sharedDir, token), to: target });
  yield* writeDurably(markerPath(sharedDir), "w", "");
  yield* syncDirectory(sharedDir);
}

function markerPath(sharedDir: string): string {
  return join(sharedDir, "epochs", "initialized");
}
