import type { Dirent } from "node:fs";
import { mkdir, open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { extract, type Header, type Pack } from "tar-stream";
import { AgentError } from "../errors.ts";
import { hasCode } from "../files/file-operations.ts";
import { READ_BYTES } from "./constants.ts";

/** What a copy of a data directory holds. */
export interface Count {
  readonly files: number;
  readonly bytes: number;
}

/** These directories are copied empty: PostgreSQL fills them anew, and WAL comes from the archive. */
const EMPTIED = new Set([
  "pg_wal",
  "pg_replslot",
  "pg_dynshmem",
  "pg_notify",
  "pg_serial",
  "pg_snapshots",
  "pg_stat_tmp",
  "pg_subtrans",
]);

/** What belongs to the running server or to an earlier backup or recovery (the list of PostgreSQL's manual). */
const LEFT_OUT =
  /(^|\/)(pgsql_tmp[^/]*|pg_internal\.init[^/]*)$|^(postmaster\.(pid|opts)|backup_label(\.old)?|tablespace_map(\.old)?|backup_manifest|recovery\.signal|standby\.signal|current_logfiles|postgresql\.auto\.conf(\.tmp)?)$/;

/** Copied last, as pg_basebackup does: what it points to is in the archive by then. */
const CONTROL_FILE = "global/pg_control";

/** Writes a data directory that is in use into `pack`; between pg_backup_start and pg_backup_stop. */
export async function packData(pack: Pack, root: string): Promise<Count> {
  const count = await packDirectory(pack, root, "");
  const wal = { name: "pg_wal/archive_status", type: "directory", mode: 0o700 } as const;
  pack.entry(wal);
  const bytes = await packFile(pack, root, CONTROL_FILE);
  if (bytes === undefined) throw new AgentError(`${CONTROL_FILE} is missing in ${root}`);
  return { files: count.files + 1, bytes: count.bytes + bytes };
}

/** A small file that exists in the archive only. */
export function packText(pack: Pack, name: string, text: string): Count {
  pack.entry({ name, mode: 0o600 }, text);
  return { files: 1, bytes: Buffer.byteLength(text) };
}

async function packDirectory(pack: Pack, root: string, directory: string): Promise<Count> {
  let [files, bytes] = [0, 0];
  for (const entry of await entriesOf(join(root, directory))) {
    const name = directory === "" ? entry.name : `${directory}/${entry.name}`;
    if (LEFT_OUT.test(name) || name === CONTROL_FILE) continue;
    if (entry.isDirectory()) {
      pack.entry({ name, type: "directory", mode: 0o700 });
      const below = EMPTIED.has(name) ? { files: 0, bytes: 0 } : await packDirectory(pack, root, name);
      files += below.files;
      bytes += below.bytes;
    } else if (entry.isFile()) {
      const size = await packFile(pack, root, name);
      files += size === undefined ? 0 : 1;
      bytes += size ?? 0;
    } else {
      throw new AgentError(`${name} in ${root} is neither a file nor a directory: tablespaces are not backed up`);
    }
  }
  return { files, bytes };
}

/** A table may be dropped while its directory is read. */
async function entriesOf(path: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}

/**
 * Returns the size written, `undefined` when the file was gone already. A file that shrinks meanwhile is filled up with
 * zeros and one that grows is cut: replayed WAL puts both right.
 */
async function packFile(pack: Pack, root: string, name: string): Promise<number | undefined> {
  const file = await open(join(root, name), "r").catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    const { size, mtime } = await file.stat();
    const written = Promise.withResolvers<void>();
    const entry = pack.entry({ name, size, mtime, mode: 0o600 }, (error) =>
      error ? written.reject(error) : written.resolve(),
    );
    const buffer = Buffer.alloc(READ_BYTES);
    for (let position = 0; position < size; ) {
      const wanted = Math.min(READ_BYTES, size - position);
      const { bytesRead } = await file.read(buffer, 0, wanted, position);
      const chunk = bytesRead === 0 ? Buffer.alloc(wanted) : Buffer.from(buffer.subarray(0, bytesRead));
      position += chunk.length;
      if (!entry.write(chunk)) await new Promise<void>((resume) => entry.once("drain", () => resume()));
    }
    entry.end(null);
    await written.promise;
    return size;
  } finally {
    await file.close();
  }
}

/** Writes an archive into `root`, which must be empty, each file durable; nothing is ever written outside of it. */
export async function unpackData(tar: AsyncIterable<Uint8Array>, root: string): Promise<Count> {
  let [files, bytes] = [0, 0];
  const unpacked = extract();
  const fed = feed(tar, unpacked);
  // Awaited below, unless the entries end in an error first.
  fed.catch(() => undefined);
  for await (const entry of unpacked) {
    const path = join(root, safeName(entry.header));
    if (entry.header.type === "directory") {
      await mkdir(path, { recursive: true, mode: 0o700 });
      entry.resume();
      continue;
    }
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, "wx", 0o600);
    try {
      for await (const chunk of entry) await file.writeFile(chunk as Uint8Array);
      await file.sync();
    } finally {
      await file.close();
    }
    files += 1;
    bytes += entry.header.size ?? 0;
  }
  await fed;
  return { files, bytes };
}

async function feed(tar: AsyncIterable<Uint8Array>, unpacked: ReturnType<typeof extract>): Promise<void> {
  try {
    for await (const chunk of tar) {
      if (!unpacked.write(chunk)) await new Promise<void>((resume) => unpacked.once("drain", () => resume()));
    }
    unpacked.end(null);
  } catch (error) {
    unpacked.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

function safeName({ name, type }: Header): string {
  const parts = name.replace(/\/$/, "").split("/");
  if ((type !== "file" && type !== "directory") || parts.some((part) => part === "" || part === "." || part === "..")) {
    throw new AgentError(`the archive holds "${name}" (${type}), which no base backup has`);
  }
  return parts.join("/");
}

/** Makes every directory of a tree durable; its files are already. */
export async function syncTree(root: string): Promise<void> {
  for (const entry of await readdir(root, { withFileTypes: true })) {
    if (entry.isDirectory()) await syncTree(join(root, entry.name));
  }
  const directory = await open(root, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
