import { setPriority } from "node:os";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import type { Manifest } from "@cloudy/contracts/backup-manifest.ts";
import { BASE_PREFIX, backupName, dataKey, manifestKey, WAL_PREFIX } from "@cloudy/contracts/backup-names.ts";
import pg from "pg";
import { pack as createPack, type Pack } from "tar-stream";
import { AgentError } from "../errors.ts";
import { dataDirectory } from "../files/data-directory.ts";
import { log } from "../log.ts";
import { SUPERUSER } from "../postgres/postgres-settings.ts";
import type { BackupStore } from "./backup-store.ts";
import { COMPRESSION_LEVEL, NICENESS } from "./constants.ts";
import { type Count, packData, packText } from "./data-archive.ts";
import { type KnownBackups, knownBackups, type Written } from "./known-backups.ts";
import { MeteredStream } from "./metered-stream.ts";
import { dueIn_ms, expiredKeys, type KnownBackup } from "./retention.ts";

/** What the process of base backups is told. */
export interface BackupTask {
  readonly sharedDir: string;
  readonly socketDirectory: string;
  readonly port: number;
  readonly epoch: number;
  readonly backupHours: number;
  readonly retentionDays: number;
}

export interface BackupReport {
  /** The newest base backup of this database system, whether made now or before. */
  readonly last: { readonly backup: string; readonly finishedAt: string; readonly bytes: number } | undefined;
  readonly nextIn_ms: number;
}

/** Makes a base backup if one is due, clears away what is too old, and tells when the next one is due. */
export async function backUp(store: BackupStore, task: BackupTask): Promise<BackupReport> {
  setPriority(NICENESS);
  const client = new pg.Client({
    host: task.socketDirectory,
    port: task.port,
    user: SUPERUSER,
    database: "postgres",
    application_name: "cloudy-base-backup",
  });
  await client.connect();
  try {
    const system = await identify(client);
    const { readable: known } = await knownBackups(store);
    const wait_ms = dueIn_ms(known.map(asKnown), system, Date.now(), task.backupHours);
    if (wait_ms > 0) return report(known, system, wait_ms);
    const manifest = await takeBackup(store, client, task, system);
    await clearAway(store, await knownBackups(store), task.retentionDays);
    return { last: summary(manifest), nextIn_ms: task.backupHours * 3_600_000 };
  } finally {
    await client.end();
  }
}

interface System {
  readonly systemIdentifier: string;
  readonly timeline: number;
  readonly postgresMajor: string;
}

async function identify(client: pg.Client): Promise<System> {
  const row = await one<{ system: string; timeline: number; version: string }>(
    client,
    `SELECT system_identifier::text AS system, timeline_id AS timeline, current_setting('server_version_num') AS version
       FROM pg_control_system(), pg_control_checkpoint()`,
  );
  return {
    systemIdentifier: row.system,
    timeline: row.timeline,
    postgresMajor: String(Math.floor(Number(row.version) / 10_000)),
  };
}

/** Between start and stop the files are copied as they are; the label in the archive makes recovery begin at the start. */
async function takeBackup(store: BackupStore, client: pg.Client, task: BackupTask, system: System): Promise<Manifest> {
  // With a fast checkpoint: there is one every minute anyway, so it has little to write.
  const start = await one<{ lsn: string; wal: string; at: Date }>(
    client,
    "SELECT lsn, pg_walfile_name(lsn) AS wal, clock_timestamp() AS at FROM pg_backup_start('cloudy', true) AS lsn",
  );
  const backup = backupName(start.at, task.epoch);
  log("info", `base backup ${backup} begins at ${start.lsn}`, { code: "backup-begun" });
  const pack = createPack();
  const meter = new MeteredStream();
  const body = new PassThrough();
  const compress = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: COMPRESSION_LEVEL } });
  const piped = pipeline(Readable.from(pack as AsyncIterable<Buffer>), compress, meter, body);
  const uploaded = store.upload(dataKey(backup), body);
  const packed = fill(pack, client, dataDirectory(task.sharedDir));
  // Whichever fails first ends the others.
  packed.catch((error: Error) => pack.destroy(error));
  uploaded.catch((error: Error) => body.destroy(error));
  const [{ count, stop }] = await Promise.all([packed, piped, uploaded]);
  const manifest: Manifest = {
    version: 1,
    backup,
    ...system,
    startedAt: start.at.toISOString(),
    finishedAt: stop.at.toISOString(),
    startWal: start.wal,
    stopWal: stop.wal,
    startLsn: start.lsn,
    stopLsn: stop.lsn,
    sha256: meter.sha256(),
    compressedBytes: meter.bytes,
    ...count,
  };
  if (!(await store.putNew(manifestKey(backup), Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`), {}))) {
    throw new AgentError(`${manifestKey(backup)} exists already: it is never overwritten`);
  }
  log("info", `base backup ${backup} is complete`, {
    code: "backup-complete",
    files: count.files,
    bytes: count.bytes,
    stored: meter.bytes,
  });
  return manifest;
}

/** pg_backup_stop waits until the WAL that the backup needs is archived. */
async function fill(pack: Pack, client: pg.Client, directory: string) {
  const data = await packData(pack, directory);
  const stop = await one<{ lsn: string; wal: string; at: Date; label: string; map: string }>(
    client,
    `SELECT lsn, pg_walfile_name(lsn) AS wal, clock_timestamp() AS at, labelfile AS label, spcmapfile AS map
       FROM pg_backup_stop(true)`,
  );
  if (stop.map !== "") throw new AgentError("there are tablespaces, which are not backed up: drop them");
  const label = packText(pack, "backup_label", stop.label);
  pack.finalize();
  const count: Count = { files: data.files + label.files, bytes: data.bytes + label.bytes };
  return { count, stop };
}

async function one<Row extends pg.QueryResultRow>(client: pg.Client, sql: string): Promise<Row> {
  const { rows } = await client.query<Row>(sql);
  const [row] = rows;
  if (row === undefined) throw new AgentError(`postgres answered nothing to: ${sql}`);
  return row;
}

function asKnown({ manifest, written_ms }: Written): KnownBackup {
  return { ...manifest, written_ms };
}

function report(known: readonly Written[], system: System, nextIn_ms: number): BackupReport {
  const own = known.filter(({ manifest }) => manifest.systemIdentifier === system.systemIdentifier);
  const newest = own.map(({ manifest }) => manifest).sort((a, b) => (a.backup < b.backup ? 1 : -1))[0];
  return { last: newest && summary(newest), nextIn_ms };
}

function summary({ backup, finishedAt, compressedBytes }: Manifest) {
  return { backup, finishedAt, bytes: compressedBytes };
}

/** Of a backup whose manifest cannot be read nobody knows what it needs: meanwhile everything stays. */
async function clearAway(store: BackupStore, { readable, unreadable }: KnownBackups, days: number): Promise<void> {
  if (unreadable.length > 0) return;
  const items = [...(await store.list(BASE_PREFIX)), ...(await store.list(WAL_PREFIX))];
  const keys = expiredKeys(readable.map(asKnown), items, Date.now(), days);
  for (const key of keys) await store.remove(key);
  if (keys.length > 0)
    log("info", `${keys.length} objects of backups older than ${days} days are removed`, { code: "backups-removed" });
}
