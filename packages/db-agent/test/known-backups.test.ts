import { manifestKey } from "@cloudy/contracts/backup-names.ts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BackupStore } from "../src/backup/backup-store.ts";
import { knownBackups } from "../src/backup/known-backups.ts";
import { ObjectStore } from "./object-store.ts";

let bucket: ObjectStore;

beforeEach(async () => {
  bucket = await ObjectStore.open();
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL_S3: bucket.endpoint,
    AWS_ACCESS_KEY_ID: "key",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_REGION: "eu-west-1",
  }))
    vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await bucket.close();
});

const manifest = {
  version: 1,
  systemIdentifier: "7",
  timeline: 1,
  postgresMajor: "18",
  startedAt: "2026-01-02T03:04:05.000Z",
  finishedAt: "2026-01-02T03:05:00.000Z",
  startWal: "000000010000000000000002",
  stopWal: "000000010000000000000003",
  startLsn: "0/2000028",
  stopLsn: "0/3000000",
  sha256: "aa",
  compressedBytes: 1,
  files: 1,
  bytes: 2,
};

test("D2: a manifest that is none is named and left out; the others count", async () => {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => lines.push(line));
  vi.spyOn(process.stdout, "write").mockImplementation((text) => lines.push(String(text)) > 0);
  const store = new BackupStore("backups");
  const [good, broken, cut] = ["20260102T030405Z-e1", "20260103T030405Z-e1", "20260104T030405Z-e1"] as const;
  const put = (backup: string, text: string) => store.putNew(manifestKey(backup), Buffer.from(text), {});
  await put(good, JSON.stringify({ ...manifest, backup: good }));
  await put(broken, JSON.stringify({ ...manifest, backup: broken, timeline: "one" }));
  await put(cut, JSON.stringify({ ...manifest, backup: cut }).slice(0, 50));
  const { readable, unreadable } = await knownBackups(store);
  store.close();
  expect(readable.map((known) => known.manifest.backup)).toEqual([good]);
  expect(unreadable).toEqual([manifestKey(broken), manifestKey(cut)]);
  expect(lines.join("")).toContain(`${manifestKey(broken)} is no `);
});
