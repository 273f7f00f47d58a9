import { backupName, dataKey, manifestKey, walKey } from "@cloudy/contracts/backup-names.ts";
import { describe, expect, test } from "vitest";
import { dueIn_ms, expiredKeys, type KnownBackup } from "../src/backup/retention.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.parse("2026-03-01T00:00:00Z");

/** A backup that was made so many days ago, at the start of WAL segment `segment`. */
function backup(days: number, segment: number, more: Partial<KnownBackup> = {}): KnownBackup {
  const written_ms = NOW_MS - days * DAY_MS;
  return {
    backup: backupName(new Date(written_ms), 1),
    systemIdentifier: "7",
    timeline: 1,
    startWal: wal(segment),
    written_ms,
    ...more,
  };
}

const wal = (segment: number, timeline = 1) =>
  `${timeline.toString().padStart(8, "0")}00000000${segment.toString(16).toUpperCase().padStart(8, "0")}`;

const items = (backups: readonly KnownBackup[], ...more: string[]) =>
  [...backups.flatMap(({ backup }) => [dataKey(backup), manifestKey(backup)]), ...more].map((key) => ({
    key,
    modified_ms: NOW_MS - 2 * DAY_MS,
  }));

describe("retention", () => {
  test("backups beyond their days go, manifests before data, and WAL from before the oldest that stays", () => {
    const backups = [backup(1, 300), backup(5, 200), backup(9, 100)];
    const segments = [99, 100, 199, 200, 255].map((segment) => walKey("7", wal(segment)));
    expect(expiredKeys(backups, items(backups, ...segments), NOW_MS, 7)).toEqual([
      manifestKey(backups[2]!.backup),
      dataKey(backups[2]!.backup),
      ...segments.slice(0, 3),
    ]);
  });

  test("the newest two stay however old they are, with all WAL since", () => {
    const backups = [backup(100, 300), backup(200, 200), backup(300, 100)];
    const segments = [199, 200].map((segment) => walKey("7", wal(segment)));
    expect(expiredKeys(backups, items(backups, ...segments), NOW_MS, 7)).toEqual([
      manifestKey(backups[2]!.backup),
      dataKey(backups[2]!.backup),
      segments[0],
    ]);
  });

  test("timelines count along one position; histories stay; another system's WAL is its own", () => {
    const backups = [backup(1, 300, { timeline: 2 }), backup(2, 200)];
    const gone = walKey("7", wal(150, 2));
    const kept = [walKey("7", "00000002.history"), walKey("7", wal(250, 2)), walKey("8", wal(1))];
    expect(expiredKeys(backups, items(backups, gone, ...kept), NOW_MS, 7)).toEqual([gone]);
  });

  test("data without a manifest goes after a day, not while it is being written", () => {
    const written = backup(1, 100);
    const lost = dataKey("20260101T000000Z-e1");
    const fresh = { key: dataKey("20260228T230000Z-e1"), modified_ms: NOW_MS - 1_000 };
    expect(expiredKeys([written], [...items([written], lost), fresh], NOW_MS, 7)).toEqual([lost]);
  });
});

describe("when the next base backup is due", () => {
  const system = { systemIdentifier: "7", timeline: 1 };
  test.each([
    ["never made one", [], 0],
    ["made one six hours ago", [backup(0.25, 1)], 18 * 3_600_000],
    ["made one two days ago", [backup(2, 1)], 0],
    ["another database system made one", [backup(0.25, 1, { systemIdentifier: "8" })], 0],
    ["made one before a restore", [backup(0.25, 1, { timeline: 3 })], 0],
  ])("%s", (_, backups, expected_ms) => {
    expect(dueIn_ms(backups, system, NOW_MS, 24)).toBe(expected_ms);
  });
});
