/** Where things lie in the bucket (docs/contracts.md). */

export const BASE_PREFIX = "base/";
export const WAL_PREFIX = "wal/";

export function dataKey(backup: string): string {
  return `${BASE_PREFIX}${backup}/data.tar.zst`;
}

export function manifestKey(backup: string): string {
  return `${BASE_PREFIX}${backup}/manifest.json`;
}

export function walKey(systemIdentifier: string, file: string): string {
  return `${WAL_PREFIX}${systemIdentifier}/${file}.zst`;
}

/** `20260102T030405Z-e12`: sorts by time, and tells the epoch. */
export function backupName(startedAt: Date, epoch: number): string {
  return `${startedAt.toISOString().replace(/[-:]|\.\d+/g, "")}-e${epoch}`;
}

/** The backup whose manifest (or data) a key is. */
export function backupOfKey(key: string): { readonly backup: string; readonly isManifest: boolean } | undefined {
  const match = /^base\/([^/]+)\/(manifest\.json|data\.tar\.zst)$/.exec(key);
  return match?.[1] === undefined ? undefined : { backup: match[1], isManifest: match[2] === "manifest.json" };
}

/** `.../0000000100000000000000A1.zst` as system, and position in the WAL without the timeline; histories have none. */
export function segmentOfKey(key: string): { readonly system: string; readonly position: string } | undefined {
  const match = /^wal\/(\d+)\/[0-9A-F]{8}([0-9A-F]{16})(?:\.[^/]+)?\.zst$/.exec(key);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { system: match[1], position: match[2] };
}

/** The position of a WAL file's name, as in segmentOfKey. */
export function positionOf(walFile: string): string {
  return walFile.slice(8, 24);
}
