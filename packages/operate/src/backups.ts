import { GetObjectCommand, paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
import { messageOf, UserError } from "@cloudy/command-line";
import { ManifestSchema } from "@cloudy/contracts/backup-manifest.ts";
import { BASE_PREFIX, backupOfKey, manifestKey } from "@cloudy/contracts/backup-names.ts";
import { ContractError, parseJson } from "@cloudy/contracts/document.ts";
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

export interface Backups {
  /** The newest first. */
  readonly good: readonly Backup[];
  /** Those whose manifest is broken: they cannot be restored. `why` names the manifest and what is wrong with it. */
  readonly broken: readonly { readonly name: string; readonly why: string }[];
}

/** All base backups of the bucket. One without a manifest does not exist. */
export async function listBackups(target: Target, bucket: string): Promise<Backups> {
  const client = new S3Client({ ...target.connection, forcePathStyle: target.connection.endpoint !== undefined });
  try {
    const names: string[] = [];
    for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: BASE_PREFIX })) {
      for (const { Key = "" } of page.Contents ?? []) {
        const part = backupOfKey(Key);
        if (part?.isManifest === true) names.push(part.backup);
      }
    }
    const good: Backup[] = [];
    const broken: Backups["broken"][number][] = [];
    while (names.length > 0) {
      const some = names.splice(0, MANIFESTS_AT_ONCE);
      for (const read of await Promise.all(some.map((name) => readManifest(client, bucket, name)))) {
        if ("why" in read) broken.push(read);
        else good.push(read);
      }
    }
    return { good: good.toSorted((a, b) => (a.finishedAt < b.finishedAt ? 1 : -1)), broken };
  } catch (error) {
    throw new UserError(`The backups in bucket ${bucket} cannot be read: ${messageOf(error)}`, { cause: error });
  } finally {
    client.destroy();
  }
}

async function readManifest(
  client: S3Client,
  bucket: string,
  name: string,
): Promise<Backup | Backups["broken"][number]> {
  const key = manifestKey(name);
  const where = `s3://${bucket}/${key}`;
  const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const text = (await answer.Body?.transformToString()) ?? "";
  try {
    const manifest = parseJson(ManifestSchema, text, where);
    if (manifest.backup !== name) return { name, why: `${where} is the manifest of ${manifest.backup}` };
    const { finishedAt, bytes, compressedBytes, postgresMajor } = manifest;
    return { name, finishedAt: new Date(finishedAt).toISOString(), bytes, compressedBytes, postgresMajor };
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return { name, why: error.message };
  }
}

/**
 * The backup to restore: the one that is named, else the newest that reaches back to `at`, else the newest. Throws UserError
 * when there is none such.
 */
export function chooseBackup({ good: backups, broken }: Backups, name: string | undefined, at: string | null): Backup {
  const isBroken = broken.find((backup) => backup.name === name);
  if (isBroken !== undefined) throw new UserError(isBroken.why);
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
