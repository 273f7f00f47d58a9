import { backupOfKey, dataKey, manifestKey, positionOf, segmentOfKey } from "@cloudy/contracts/backup-names.ts";
import { BACKUPS_KEPT_LEAST, INCOMPLETE_AGE_MS } from "./constants.ts";

/** A base backup as retention sees it. */
export interface KnownBackup {
  readonly backup: string;
  readonly systemIdentifier: string;
  readonly timeline: number;
  readonly startWal: string;
  /** When its manifest was written, by the bucket's clock. */
  readonly written_ms: number;
}

/**
 * Keys that may go: base backups beyond their days (never the newest two of a database system), what an interrupted one
 * left, and WAL from before the oldest backup that stays. Manifests come first: what has none does not exist.
 */
export function expiredKeys(
  backups: readonly KnownBackup[],
  items: readonly { readonly key: string; readonly modified_ms: number }[],
  now_ms: number,
  days: number,
): readonly string[] {
  const systems = Map.groupBy(backups, (backup) => backup.systemIdentifier);
  const expired: KnownBackup[] = [];
  const oldest = new Map<string, string>();
  for (const [system, all] of systems) {
    const newestFirst = all.toSorted((a, b) => (a.backup < b.backup ? 1 : -1));
    const isKept = ({ written_ms }: KnownBackup, index: number) =>
      index < BACKUPS_KEPT_LEAST || now_ms - written_ms < days * 86_400_000;
    expired.push(...newestFirst.filter((backup, index) => !isKept(backup, index)));
    const positions = newestFirst.filter(isKept).map(({ startWal }) => positionOf(startWal));
    oldest.set(system, positions.toSorted()[0] ?? "");
  }
  const known = new Set(backups.map(({ backup }) => backup));
  const incomplete = items.filter(({ key, modified_ms }) => {
    const part = backupOfKey(key);
    return part !== undefined && !known.has(part.backup) && now_ms - modified_ms > INCOMPLETE_AGE_MS;
  });
  const segments = items.filter(({ key }) => {
    const segment = segmentOfKey(key);
    const least = segment && oldest.get(segment.system);
    return segment !== undefined && least !== undefined && segment.position < least;
  });
  return [
    ...expired.map(({ backup }) => manifestKey(backup)),
    ...expired.map(({ backup }) => dataKey(backup)),
    ...incomplete.map(({ key }) => key),
    ...segments.map(({ key }) => key),
  ];
}

/** How long until the next base backup is due; 0: now. A new timeline (after a restore) wants its own at once. */
export function dueIn_ms(
  backups: readonly KnownBackup[],
  current: { readonly systemIdentifier: string; readonly timeline: number },
  now_ms: number,
  hours: number,
): number {
  const own = backups.filter(
    ({ systemIdentifier, timeline }) => systemIdentifier === current.systemIdentifier && timeline === current.timeline,
  );
  const last_ms = Math.max(Number.NEGATIVE_INFINITY, ...own.map(({ written_ms }) => written_ms));
  return Math.max(0, last_ms + hours * 3_600_000 - now_ms);
}
