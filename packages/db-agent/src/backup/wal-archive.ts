import { createHash, randomUUID } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { walKey } from "@cloudy/contracts/backup-names.ts";
import { AgentError } from "../errors.ts";
import { systemIdentifierOf } from "../files/data-directory.ts";
import type { BackupStore } from "./backup-store.ts";

/**
 * `archive_command`: returns only when the bucket has this very content. PostgreSQL runs it in the data directory, whose
 * control file names the database system.
 */
export async function archiveWal(store: BackupStore, path: string): Promise<void> {
  const content = readFileSync(path);
  const key = walKey(currentSystem(), basename(path));
  const sha256 = createHash("sha256").update(content).digest("hex");
  if (await store.putNew(key, zstdCompressSync(content), { sha256 })) return;
  const archived = (await store.metadata(key))?.["sha256"];
  if (archived === sha256) return;
  throw new AgentError(
    `${key} is archived already with another content (SHA-256 ${archived}, here ${sha256}): it is never overwritten. ` +
      "Two database systems would have to share an identifier for this; look at what wrote it",
  );
}

/** `restore_command`: `false` when the archive has no such file. The file has its name only when it is complete. */
export async function fetchWal(store: BackupStore, file: string, path: string): Promise<boolean> {
  const key = walKey(currentSystem(), file);
  const archived = await store.read(key);
  if (archived === undefined) return false;
  const content = zstdDecompressSync(archived.content);
  const expected = archived.metadata["sha256"];
  const sha256 = createHash("sha256").update(content).digest("hex");
  if (sha256 !== expected) throw new AgentError(`${key} has SHA-256 ${sha256}, but was archived as ${expected}`);
  const temporary = join(dirname(path), `fetched-${randomUUID()}`);
  try {
    writeFileSync(temporary, content, { flag: "wx", mode: 0o600, flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return true;
}

function currentSystem(): string {
  const system = systemIdentifierOf(readFileSync("global/pg_control"));
  if (system === undefined) throw new AgentError("global/pg_control is cut short: run this in the data directory");
  return system;
}
