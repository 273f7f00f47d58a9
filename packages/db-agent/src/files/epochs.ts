import { join } from "node:path";
import { tryParseJson } from "@cloudy/contracts/document.ts";
import { type EpochRecord, EpochRecordSchema } from "@cloudy/contracts/epoch-record.ts";
import { AgentError } from "../errors.ts";
import type { Epoch } from "../protocol/state.ts";
import { type FileSteps, hasCode, perform, syncDirectory, writeDurably } from "./file-operations.ts";

const EPOCH_FILE = /^epoch-([1-9][0-9]*)\.json$/;

/** The highest epoch that the directory shows, `undefined` before the first one. */
export function* readCurrentEpoch(sharedDir: string): FileSteps<Epoch | undefined> {
  const directory = yield* epochsDirectory(sharedDir);
  const names = new Set(yield* perform({ op: "read-directory", path: directory }));
  let number = 0;
  for (const name of names) number = Math.max(number, Number(EPOCH_FILE.exec(name)?.[1] ?? 0));
  if (number === 0) return undefined;
  const path = join(directory, `epoch-${number}.json`);
  const { holder, token } = parseEpoch(yield* perform({ op: "read-file", path, encoding: "utf8" }), number, path);
  return { number, holder, token, released: names.has(`epoch-${number}.released`) };
}

/** Makes epoch `number` for `holder`, or tells that somebody else did. */
export function* makeEpoch(
  sharedDir: string,
  epoch: { readonly number: number; readonly holder: string; readonly token: string; readonly createdAt: string },
): FileSteps<boolean> {
  const { number, holder, token, createdAt } = epoch;
  const record: EpochRecord = { epoch: number, holder, token, createdAt };
  const content = `${JSON.stringify(record)}\n`;
  const directory = yield* epochsDirectory(sharedDir);
  return yield* createExclusively(directory, `epoch-${number}.json`, token, content);
}

/**
 * Marks epoch `number` as released. Safe to repeat: it stays released. The kernel may still hold pages that the dead
 * postgres wrote last; they must reach the server before anybody else may start.
 */
export function* releaseEpoch(
  sharedDir: string,
  release: { readonly number: number; readonly holder: string; readonly token: string; readonly createdAt: string },
): FileSteps<void> {
  const content = `${JSON.stringify({ epoch: release.number, holder: release.holder, releasedAt: release.createdAt })}\n`;
  yield* perform({ op: "sync-file-system", path: sharedDir });
  const directory = yield* epochsDirectory(sharedDir);
  yield* createExclusively(directory, `epoch-${release.number}.released`, release.token, content);
}

/**
 * Proves that the server answers, and makes this client see the directory as it is: a change of our own invalidates what
 * the NFS client had cached of it, a mere readdir may be answered from a cache of up to a minute.
 */
export function* touchServer(sharedDir: string, instanceId: string): FileSteps<void> {
  const path = join(yield* epochsDirectory(sharedDir), `.probe-${instanceId}`);
  yield* makeDirectory(path, 0o700);
  yield* perform({ op: "rmdir", path });
}

/**
 * Creates a file that is complete the moment it has its name, and tells whether this call did it. link(2) is atomic on an
 * NFS server, but its answer may get lost and the repeated request say EEXIST: the temporary file's link count tells.
 */
function* createExclusively(directory: string, name: string, token: string, content: string): FileSteps<boolean> {
  const temporary = join(directory, `.tmp-${name}-${token}`);
  yield* writeDurably(temporary, "wx", content);
  let won = true;
  try {
    yield* perform({ op: "link", from: temporary, to: join(directory, name) });
  } catch (error) {
    if ((yield* perform({ op: "stat", path: temporary }))?.links !== 2) {
      if (!hasCode(error, "EEXIST")) throw error;
      won = false;
    }
  }
  yield* syncDirectory(directory);
  yield* perform({ op: "unlink", path: temporary });
  return won;
}

/** `epochs/`, made on first use; the file system's root itself must exist, an unmounted one is an error. */
function* epochsDirectory(sharedDir: string): FileSteps<string> {
  const directory = join(sharedDir, "epochs");
  yield* makeDirectory(directory, 0o750);
  return directory;
}

function* makeDirectory(path: string, mode: number): FileSteps<void> {
  try {
    yield* perform({ op: "mkdir", path, mode });
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
}

function parseEpoch(text: string, number: number, path: string): EpochRecord {
  const record = tryParseJson(EpochRecordSchema, text);
  if (record?.epoch === number) return record;
  throw new AgentError(
    `${path} is not the record of epoch ${number} ("${text.slice(0, 200)}"): put it back from a backup of the file system`,
  );
}
