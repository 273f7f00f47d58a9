import { GetObjectCommand, paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
import { messageOf, UserError } from "@cloudy/command-line";
import { MANIFESTS_AT_ONCE } from "./constants.ts";
import type { Target } from "./target.ts";

/** A base backup, as its manifest says (docs/contracts.md). */
export interface Backup {
  readonly name: string;
  /** The earliest time that it can be restored to. */
  readonly finishedAt: string;
  readonly bytes: number;
  readonly compressedBytes: number;
  readonly postgresMajor: string;
}

/** All base backups of the bucket, the newest first. One without a manifest does not exist. */
export async function listBackups(target: Target, bucket: string): Promise<readonly Backup[]> {
  const client = new S3Client({ ...target.connection, forcePathStyle: target.connection.endpoint !== undefined });
  try {
    const keys: string[] = [];
    for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: "base/" })) {
      keys.push(...(page.Contents ?? []).flatMap(({ Key = "" }) => (Key.endsWith("/manifest.json") ? [Key] : [])));
    }
    const backups: Backup[] = [];
    while (keys.length > 0) {
      const some = keys.splice(0, MANIFESTS_AT_ONCE);
      backups.push(...(await Promise.all(some.map((key) => readManifest(client, bucket, key)))));
    }
    return backups.toSorted((a, b) => (a.finishedAt < b.finishedAt ? 1 : -1));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`The backups in bucket ${bucket} cannot be read: ${messageOf(error)}`, { cause: error });
  } finally {
    client.destroy();
  }
}

async function readManifest(client: S3Client, bucket: string, key: string): Promise<Backup> {
  const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const text = (await answer.Body?.transformToString()) ?? "";
  try {
    return parseManifest(JSON.parse(text));
  } catch (error) {
    throw new UserError(`s3://${bucket}/${key} is no manifest: ${messageOf(error)}`, { cause: error });
  }
}

function parseManifest(value: unknown): Backup {
  const { backup, finishedAt, bytes, compressedBytes, postgresMajor } = value as Readonly<Record<string, unknown>>;
  if (typeof backup !== "string") throw new UserError("it lacks [backup]");
  if (typeof finishedAt !== "string" || Number.isNaN(Date.parse(finishedAt)))
    throw new UserError("it lacks [finishedAt]");
  return {
    name: backup,
    finishedAt: new Date(finishedAt).toISOString(),
    bytes: Number(bytes),
    compressedBytes: Number(compressedBytes),
    postgresMajor: String(postgresMajor),
  };
}

/**
 * The backup to restore: the one that is named, else the newest that reaches back to `at`, else the newest. Throws UserError
 * when there is none such. `backups` are sorted, the newest first.
 */
export function chooseBackup(backups: readonly Backup[], name: string | undefined, at: string | null): Backup {
  const [newest] = backups;
  const oldest = backups.at(-1);
  if (newest === undefined || oldest === undefined) throw new UserError("There is no backup.");
  if (name !== undefined) {
    const named = backups.find((backup) => backup.name === name);
    if (named === undefined) throw new UserError(`There is no backup ${name}. See --list.`);
    if (at !== null && at < named.finishedAt) {
      throw new UserError(
        `${name} can be restored to ${named.finishedAt} and later, not to ${at}: leave out [--backup].`,
      );
    }
    return named;
  }
  if (at === null) return newest;
  const reaching = backups.find((backup) => backup.finishedAt <= at);
  if (reaching !== undefined) return reaching;
  throw new UserError(
    `No backup reaches back to ${at}: the oldest, ${oldest.name}, can be restored to ${oldest.finishedAt}.`,
  );
}

/** A table for people. */
export function describeBackups(backups: readonly Backup[]): string {
  if (backups.length === 0) return "There is no backup.";
  const rows = backups.map(({ name, finishedAt, bytes, compressedBytes, postgresMajor }) => {
    return [name, finishedAt, postgresMajor, megabytes(bytes), megabytes(compressedBytes)];
  });
  const table = [["backup", "can be restored to", "PostgreSQL", "size", "in S3"], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
