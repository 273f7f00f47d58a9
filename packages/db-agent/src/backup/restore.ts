import { mkdir, readdir, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import { type Manifest, ManifestSchema } from "@cloudy/contracts/backup-manifest.ts";
import { dataKey, manifestKey } from "@cloudy/contracts/backup-names.ts";
import { parseJson } from "@cloudy/contracts/document.ts";
import type { RestorePoint } from "@cloudy/contracts/restore-point.ts";
import { AgentError } from "../errors.ts";
import { dataDirectory, recordSystem, restoredDirectory } from "../files/data-directory.ts";
import { runFileSteps } from "../files/run-file-steps.ts";
import { log } from "../log.ts";
import type { BackupStore } from "./backup-store.ts";
import { RESTORE_ROOM } from "./constants.ts";
import { syncTree, unpackData } from "./data-archive.ts";
import { MeteredStream } from "./metered-stream.ts";

/** What the process of a restore is told. */
export interface RestoreTask {
  readonly sharedDir: string;
  readonly postgresMajor: string;
  /** Part of the name of the temporary directory, and of the name under which the replaced data is kept. */
  readonly token: string;
  /** `undefined`: only finish what was interrupted. */
  readonly point: RestorePoint | undefined;
}

/**
 * Replaces the data directory by a base backup that PostgreSQL will recover from. The process that runs this carries the
 * local lock and its machine holds the epoch, so no postgres runs on the directory, here or elsewhere.
 *
 * The rename of the complete and verified copy to `pgdata-restored` is the moment that decides: whoever finds that name,
 * now or after a crash, finishes; whatever happened before it has changed nothing.
 */
export async function restore(store: BackupStore | undefined, task: RestoreTask): Promise<void> {
  if (task.point !== undefined) {
    if (store === undefined) throw new AgentError("there is no bucket of backups here: set BACKUP_BUCKET");
    await download(store, task, task.point);
  }
  await putInPlace(task);
}

async function download(store: BackupStore, task: RestoreTask, point: RestorePoint): Promise<void> {
  const { sharedDir } = task;
  for (const name of await readdir(sharedDir)) {
    if (name.startsWith("restore-")) await rm(join(sharedDir, name), { recursive: true });
  }
  const manifest = await checkedManifest(store, task, point);
  const directory = join(sharedDir, `restore-${task.token}`);
  await mkdir(directory, { mode: 0o700 });
  try {
    await unpackVerified(store, manifest, directory);
    await writeFile(join(directory, "postgresql.auto.conf"), recoverySettings(manifest, point), {
      mode: 0o600,
      flush: true,
    });
    await writeFile(join(directory, "recovery.signal"), "", { mode: 0o600, flush: true });
    await syncTree(directory);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
  // What an earlier restore left at its last step is not wanted any more.
  await rm(restoredDirectory(sharedDir), { recursive: true, force: true });
  await rename(directory, restoredDirectory(sharedDir));
  log("info", `${manifest.backup} is downloaded and verified`, {
    code: "backup-downloaded",
    files: manifest.files,
    bytes: manifest.bytes,
  });
}

/** Everything that can be known to be wrong before the first byte is written. */
async function checkedManifest(store: BackupStore, task: RestoreTask, point: RestorePoint): Promise<Manifest> {
  const key = manifestKey(point.backup);
  const stored = await store.read(key);
  if (stored === undefined) throw new AgentError(`there is no base backup ${point.backup}: ${key} does not exist`);
  const manifest = parseJson(ManifestSchema, stored.content.toString("utf8"), key);
  if (manifest.backup !== point.backup) throw new AgentError(`${key} is the manifest of ${manifest.backup}`);
  if (manifest.postgresMajor !== task.postgresMajor) {
    throw new AgentError(
      `${point.backup} is of PostgreSQL ${manifest.postgresMajor}, this machine has ${task.postgresMajor}: deploy postgresMajor ${manifest.postgresMajor}`,
    );
  }
  if (point.targetTime !== null && point.targetTime < manifest.finishedAt) {
    throw new AgentError(
      `${point.backup} can be restored to ${manifest.finishedAt} and later, not to ${point.targetTime}: take an earlier backup`,
    );
  }
  const { bavail, bsize } = await statfs(task.sharedDir);
  if (bavail * bsize < manifest.bytes * RESTORE_ROOM) {
    throw new AgentError(
      `${task.sharedDir} has ${bavail * bsize} bytes free, ${point.backup} needs ${manifest.bytes} and room to grow`,
    );
  }
  return manifest;
}

async function unpackVerified(store: BackupStore, manifest: Manifest, directory: string): Promise<void> {
  const key = dataKey(manifest.backup);
  const opened = await store.open(key);
  if (opened === undefined) throw new AgentError(`${key} does not exist: take another backup`);
  const meter = new MeteredStream();
  const decompress = createZstdDecompress();
  const [, count] = await Promise.all([
    pipeline(opened.body, meter, decompress),
    unpackData(decompress as AsyncIterable<Uint8Array>, directory),
  ]);
  const found = { sha256: meter.sha256(), compressedBytes: meter.bytes, ...count };
  for (const [what, value] of Object.entries(found)) {
    const expected: unknown = Reflect.get(manifest, what);
    if (value !== expected) {
      throw new AgentError(
        `${key} is damaged: its [${what}] is ${value}, the manifest says ${expected}. Take another backup`,
      );
    }
  }
}

/**
 * To a time: on the timeline of the backup, where that time was. As far as possible: on the newest timeline. The settings
 * lie beside the data, so that whoever takes over in the middle of the recovery has the same aim.
 */
function recoverySettings(manifest: Manifest, { targetTime }: RestorePoint): string {
  const target =
    targetTime === null
      ? ["recovery_target_timeline = 'latest'"]
      : [`recovery_target_timeline = '${manifest.timeline}'`, `recovery_target_time = '${postgresTime(targetTime)}'`];
  return [`# Restore of ${manifest.backup}`, ...target, "recovery_target_action = 'promote'", ""].join("\n");
}

/** Configuration files are read before PostgreSQL knows any time zone by name, and Z is one. */
function postgresTime(instant: string): string {
  return instant.replace("T", " ").replace("Z", "+00");
}

/** Can be repeated from the start after an interruption at any point. The replaced data is kept. */
async function putInPlace({ sharedDir, token }: RestoreTask): Promise<void> {
  const restored = restoredDirectory(sharedDir);
  if (!(await exists(restored))) return;
  const data = dataDirectory(sharedDir);
  if (await exists(data)) {
    const kept = join(sharedDir, `pgdata-before-${token}`);
    await rename(data, kept);
    log("info", `the replaced data is kept in ${kept}: remove it when you are sure`, { code: "replaced-data-kept" });
  }
  runFileSteps(recordSystem(sharedDir, restored));
  await rename(restored, data);
  runFileSteps(recordSystem(sharedDir, data));
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
