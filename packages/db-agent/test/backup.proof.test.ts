import type { Order } from "@cloudy/contracts/order.ts";
import { orderMac } from "@cloudy/contracts/signed-messages.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Cloud, startCloud } from "./cloud.ts";
import { type Machine, Site } from "./machine.ts";
import { ObjectStore } from "./object-store.ts";

let cloud: Cloud;
let store: ObjectStore;
let site: Site;

beforeEach(async () => {
  [cloud, store] = await Promise.all([startCloud(), ObjectStore.open()]);
  site = await Site.open(cloud, { BACKUP_BUCKET: "backups", AWS_ENDPOINT_URL_S3: store.endpoint });
});
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.log(site.said());
  await site.close();
  await cloud.close();
  await store.close();
});

const manifests = () => store.keys("base/").filter((key) => key.endsWith("/manifest.json"));
const backupOf = (manifest: string) => manifest.split("/")[1]!;

async function firstBackup(): Promise<string> {
  await expect.poll(manifests, { timeout: 60_000 }).toHaveLength(1);
  return backupOf(manifests()[0]!);
}

async function sql<Row extends object>(machine: Machine, ...statements: string[]): Promise<Row[]> {
  const client = await machine.connect(cloud.database);
  try {
    let rows: Row[] = [];
    for (const statement of statements) ({ rows } = await client.query<Row>(statement));
    return rows;
  } finally {
    await client.end();
  }
}

const rows = (machine: Machine) => sql<{ n: number; text: string }>(machine, "SELECT n, text FROM precious ORDER BY n");
const insert = (from: number, to: number) =>
  `INSERT INTO precious SELECT n, md5(n::text) FROM generate_series(${from}, ${to}) AS n`;

/** The database's own time, since that is what a commit is stamped with; apart from its neighbours by whole milliseconds. */
async function now(machine: Machine): Promise<string> {
  const [row] = await sql<{ at: Date }>(machine, "SELECT clock_timestamp() AS at FROM pg_sleep(0.01)");
  return row!.at.toISOString();
}

const restoreOf = (backup: string, targetTime: string | null) =>
  ({ order: "restore", epoch: 1, holder: "i-a", backup, targetTime }) as const;

async function order(machine: Machine, what: Order) {
  return machine.order({ ...what, mac: orderMac(what, cloud.grantKey) });
}

describe("backups with a real PostgreSQL", () => {
  test("a dropped table is back, exactly as it was at the time that was named; then backups go on", async () => {
    const a = (await site.machine("i-a")).boot();
    await a.isPrimary();
    await sql(a, "CREATE TABLE precious (n int PRIMARY KEY, text text NOT NULL)", insert(1, 1_000));
    const backup = await firstBackup();
    const { backups } = await a.until("told", (status) => status.backups?.lastBase?.backup === backup);
    expect(backups).toMatchObject({ running: false, failures: 0, failure: null });
    await sql(a, insert(1_001, 1_500), "UPDATE precious SET text = 'changed' WHERE n <= 10");
    const before = await rows(a);
    const targetTime = await now(a);
    await sql(a, "SELECT pg_sleep(0.01)", "DROP TABLE precious", "CREATE TABLE mistake (n int)");

    const wanted = { order: "restore", epoch: 1, holder: "i-a", backup, targetTime } as const;
    expect(await order(a, wanted)).toMatchObject({ code: 202 });
    expect(await order(a, wanted)).toMatchObject({ code: 409, because: `the restore of ${backup} is under way` });
    await a.until("restoring", ({ postgres }) => postgres !== "accepting");
    expect((await a.isPrimary()).epoch).toEqual({ number: 1, holder: "i-a", released: false });
    expect(await rows(a)).toEqual(before);
    expect(await a.status()).toMatchObject({ restore: null, restoreFailure: null });
    await expect(sql(a, "SELECT * FROM mistake")).rejects.toThrow('relation "mistake" does not exist');
    expect(site.dataFiles().map((name) => name.replace(/\d{8}T\d+Z$/, "TIME"))).toEqual([
      "pgdata",
      "pgdata-before-TIME",
    ]);

    // The new timeline has a base backup of its own, and what is written after the restore can be restored too.
    await sql(a, insert(2_001, 2_100));
    await expect.poll(manifests, { timeout: 60_000 }).toHaveLength(2);
    expect(store.json(manifests()[1]!)).toMatchObject({ timeline: 2 });
    const after = await rows(a);
    const latest = {
      order: "restore",
      epoch: 1,
      holder: "i-a",
      backup: backupOf(manifests()[1]!),
      targetTime: null,
    } as const;
    expect(await order(a, latest)).toMatchObject({ code: 202 });
    await a.until("restoring", ({ postgres }) => postgres !== "accepting");
    await a.isPrimary();
    expect(await rows(a)).toEqual(after);
  });

  test("a damaged backup and a time before it are refused, and what was there serves on; the next holder archives on", async () => {
    const a = (await site.machine("i-a")).boot();
    await a.isPrimary();
    const before = await now(a);
    await sql(a, "CREATE TABLE precious (n int PRIMARY KEY, text text NOT NULL)", insert(1, 100));
    const backup = await firstBackup();
    const refused = async (targetTime: string | null) => {
      expect(await order(a, restoreOf(backup, targetTime))).toMatchObject({ code: 202 });
      const { restoreFailure } = await a.until("refusing", (status) => status.restoreFailure !== null);
      await a.isPrimary();
      expect(await rows(a)).toHaveLength(100);
      return restoreFailure;
    };
    // Nothing is committed between this time and the order.
    const idle = await now(a);
    expect(await order(a, restoreOf(backup, "2999-01-01T00:00:00.000Z"))).toMatchObject({
      code: 409,
      because: expect.stringContaining("is not over yet"),
    });
    expect(await order(a, restoreOf(backup, idle))).toMatchObject({ code: 202 });
    await a.until("restoring", ({ postgres }) => postgres !== "accepting");
    await a.isPrimary();
    expect(await rows(a)).toHaveLength(100);
    await expect.poll(manifests, { timeout: 60_000 }).toHaveLength(2);

    expect(await refused(before)).toMatch(/can be restored to .* and later, not to .*: take an earlier backup$/);
    // What unpacks without an error but is not what the manifest says is refused too.
    store.rewrite(`base/${backup}/manifest.json`, { sha256: "00".repeat(32) });
    expect(await refused(null)).toMatch(/data\.tar\.zst is damaged: its \[sha256\] is \w+, the manifest says 0000/);
    store.damage(`base/${backup}/data.tar.zst`);
    expect(await refused(null)).not.toBeNull();
    expect(site.dataFiles()).toHaveLength(2);

    const b = (await site.machine("i-b")).boot();
    await b.isReadyStandby();
    await a.stop();
    await b.isPrimary();
    const archived = store.keys("wal/");
    await sql(b, insert(101, 200));
    await b.stop();
    expect(store.keys("wal/").length).toBeGreaterThan(archived.length);
    expect(manifests()).toHaveLength(2);
  });

  test("a restore that a crash interrupted between its last renames is finished by the next agent", async () => {
    const a = (await site.machine("i-a")).boot();
    await a.isPrimary();
    await sql(a, "CREATE TABLE precious (n int PRIMARY KEY, text text NOT NULL)", insert(1, 100));
    await a.stop();
    site.leaveRestoreUnfinished();
    a.boot();
    expect((await a.isPrimary()).epoch?.number).toBe(2);
    expect(await rows(a)).toHaveLength(100);
    expect(site.dataFiles()).toEqual(["pgdata"]);
  });

  test("R4: the status says how long the oldest WAL waits, since when there is no backup, and when the certificate ends", async () => {
    const a = (await site.machine("i-a")).boot();
    await a.isPrimary();
    const calm = await a.until(
      "backing up",
      ({ backups }) => backups?.lastBase != null && backups.wal?.waiting_s === 0,
    );
    expect(Date.parse(calm.backups?.servingSince ?? "")).toBeLessThanOrEqual(Date.now());
    expect(Date.parse(calm.certificate?.endsAt ?? "")).toBeGreaterThan(Date.now());
    store.fails = true;
    // More than one segment of WAL.
    await sql(a, "CREATE TABLE precious AS SELECT md5(n::text) FROM generate_series(1, 500000) n");
    await a.until("telling of WAL that waits", ({ backups }) => Number(backups?.wal?.waiting_s) > 1);
  });

  test("D6: a bucket that is silent or refuses does not hold up a stop; what was not archived is, by the next holder", async () => {
    const a = (await site.machine("i-a")).boot();
    await a.isPrimary();
    const b = (await site.machine("i-b")).boot();
    await b.isReadyStandby();
    await firstBackup();
    store.isSilent = true;
    await sql(a, "CREATE TABLE precious AS SELECT n, md5(n::text) AS text FROM generate_series(1, 300000) n");
    const stopped_at_ms = Date.now();
    expect(await a.stop()).toBe(0);
    await b.isPrimary();
    expect(Date.now() - stopped_at_ms).toBeLessThan(15_000);
    expect(await sql(b, "SELECT FROM precious")).toHaveLength(300_000);
    store.isSilent = false;
    const { backups } = await b.until("archiving", (status) => status.backups?.wal?.waiting_s === 0, 110_000);
    expect(backups?.wal?.lastFile).not.toBeNull();
  });

  test("archive_command: the same content again is fine, another one is refused, and so is a bucket that fails", async () => {
    const archive = (content: string) => site.archive("000000010000000000000007", content);
    expect(await archive("first")).toBe(0);
    expect(await archive("first")).toBe(0);
    expect(await archive("second")).toBe(1);
    expect(await site.fetch("000000010000000000000007")).toEqual({ code: 0, content: "first" });
    expect(await site.fetch("000000010000000000000008")).toEqual({ code: 1, content: undefined });
    store.fails = true;
    expect(await archive("first")).toBe(1);
    // Above 125: PostgreSQL ends the recovery instead of taking this for the end of the WAL.
    expect((await site.fetch("000000010000000000000007")).code).toBe(200);
  });
});
