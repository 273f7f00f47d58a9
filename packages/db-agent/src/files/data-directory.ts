import { join } from "node:path";
import { AgentError } from "../errors.ts";
import type { Shared } from "../protocol/state.ts";
import { type FileSteps, hasCode, perform, syncDirectory, writeDurably } from "./file-operations.ts";

/** Temporary directories of an initdb or a restore that never got to its last step. */
const UNFINISHED = /^(initdb|restore)-/;

const DISCARDED = "discarded-";

/** Where postgres keeps its data, on the shared file system. */
export function dataDirectory(sharedDir: string): string {
  return join(sharedDir, "pgdata");
}

/** Temporary directory of one initdb run. */
export function initdbDirectory(sharedDir: string, token: string): string {
  return join(sharedDir, `initdb-${token}`);
}

/** A complete and verified restore that waits for its name. */
export function restoredDirectory(sharedDir: string): string {
  return join(sharedDir, "pgdata-restored");
}

/** What the shared directory shows of the data: its version and identity, and what was recorded of them. */
export function* readData(sharedDir: string): FileSteps<Omit<Shared, "epoch">> {
  const restored = (yield* perform({ op: "stat", path: restoredDirectory(sharedDir) })) !== undefined;
  const directory = restored ? restoredDirectory(sharedDir) : dataDirectory(sharedDir);
  const marker = yield* readIfThere(markerPath(sharedDir), "utf8");
  return {
    dataVersion: (yield* readIfThere(join(directory, "PG_VERSION"), "utf8"))?.trim(),
    initialized: marker !== undefined,
    restored,
    system: { data: yield* readSystemIdentifier(directory), recorded: marker?.trim() || undefined },
  };
}

/** The number that initdb gave to this database system and WAL carries too: the first eight bytes of its control file. */
function* readSystemIdentifier(directory: string): FileSteps<string | undefined> {
  const control = yield* readIfThere(join(directory, "global", "pg_control"), "latin1");
  return control === undefined ? undefined : systemIdentifierOf(Buffer.from(control, "latin1"));
}

/** Little-endian on every machine that the binaries are made for; `undefined` when it is cut short. */
export function systemIdentifierOf(control: Buffer): string | undefined {
  return control.length < 8 ? undefined : String(control.readBigUInt64LE(0));
}

function* readIfThere(path: string, encoding: "utf8" | "latin1"): FileSteps<string | undefined> {
  try {
    return yield* perform({ op: "read-file", path, encoding });
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/**
 * Makes the data directory ready for a postgres of this machine; tells whether there is one. The caller holds the local
 * lock and the current epoch: no other postgres is alive, here or elsewhere, so a postmaster.pid is a dead machine's (its
 * number may belong to any process here, and postgres would refuse to start because of it) and so are unfinished initdbs
 * and restores.
 */
export function* prepareDataDirectory(sharedDir: string): FileSteps<"present" | "absent"> {
  for (const name of yield* perform({ op: "read-directory", path: sharedDir })) {
    if (UNFINISHED.test(name)) yield* discard(sharedDir, name);
    if (name.startsWith(DISCARDED)) yield* perform({ op: "remove", path: join(sharedDir, name) });
  }
  const { dataVersion, initialized } = yield* readData(sharedDir);
  if (dataVersion !== undefined) {
    // An install that was interrupted after its rename did not get to say so.
    if (!initialized) yield* recordSystem(sharedDir, dataDirectory(sharedDir));
    yield* perform({ op: "remove", path: join(dataDirectory(sharedDir), "postmaster.pid") });
    return "present";
  }
  if (initialized) {
    throw new AgentError(
      `${dataDirectory(sharedDir)} was initialized once and is missing: restore it, it is never made anew`,
    );
  }
  return "absent";
}

/**
 * Renamed before it is removed: an agent that died may still have sent the rename that puts it in place, or this may be
 * carried out late, by a dead agent, beside a new initdb. Whatever comes second fails, and nothing is left in halves.
 */
function* discard(sharedDir: string, name: string): FileSteps<void> {
  const to = join(sharedDir, `${DISCARDED}${name}`);
  try {
    yield* perform({ op: "rename", from: join(sharedDir, name), to });
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
  yield* perform({ op: "remove", path: to });
}

/** Puts a finished initdb in place. rename(2) refuses to replace a directory with content, so data is never overwritten. */
export function* installDataDirectory(sharedDir: string, token: string): FileSteps<void> {
  const target = dataDirectory(sharedDir);
  const existing = yield* perform({ op: "stat", path: target });
  if (existing?.isDirectory === true && (yield* perform({ op: "read-directory", path: target })).length > 0) {
    throw new AgentError(`${target} has content that is not a data directory: move it away`);
  }
  const made = initdbDirectory(sharedDir, token);
  yield* perform({ op: "rename", from: made, to: target });
  yield* recordSystem(sharedDir, target);
}

/** Records the database system in `directory` as the one that belongs here; makes the names beside it durable, too. */
export function* recordSystem(sharedDir: string, directory: string): FileSteps<void> {
  yield* writeDurably(markerPath(sharedDir), "w", `${(yield* readSystemIdentifier(directory)) ?? ""}\n`);
  yield* syncDirectory(sharedDir);
}

function markerPath(sharedDir: string): string {
  return join(sharedDir, "epochs", "initialized");
}
