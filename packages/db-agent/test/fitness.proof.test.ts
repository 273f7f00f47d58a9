import { setTimeout as sleep } from "node:timers/promises";
import { orderMac } from "@cloudy/contracts/signed-messages.ts";
import type pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Cloud, startCloud } from "./cloud.ts";
import { type Machine, Site } from "./machine.ts";

/** Makes setTimeout and the dates of a process run 20 times faster. */
const NODE_OPTIONS = `--import=${new URL("fast-clock.ts", import.meta.url).href}`;

let cloud: Cloud;
let site: Site;

beforeEach(async () => {
  cloud = await startCloud();
  site = await Site.open(cloud);
});
afterEach(async () => {
  await site.close();
  await cloud.close();
});

async function pair(): Promise<[Machine, Machine]> {
  const a = (await site.machine("i-a")).boot();
  await a.isPrimary();
  const b = (await site.machine("i-b")).boot();
  await b.isReadyStandby();
  return [a, b];
}

describe("a holder that is not fit", () => {
  test("D4: restarted while the secrets cannot be read, it serves with what it kept, and takes an order", async () => {
    const [a, b] = await pair();
    cloud.secretsFail = true;
    await a.powerOff();
    a.boot();
    expect((await a.isPrimary()).epoch).toEqual({ number: 2, holder: "i-a", released: false });
    expect((await a.status()).unfit).toEqual([]);
    await (await a.connect(cloud.database)).end();
    const order = { order: "step-down", epoch: 2, holder: "i-a" } as const;
    expect(await a.order({ ...order, mac: orderMac(order, cloud.grantKey) })).toMatchObject({ code: 202 });
    expect((await b.isPrimary()).epoch).toEqual({ number: 3, holder: "i-b", released: false });
  });

  test("D4: with neither the secrets nor a copy it makes no epoch, says so, and gives up its own after 15 s", async () => {
    const [a, b] = await pair();
    cloud.secretsFail = true;
    await a.powerOff();
    a.loseKeptSecrets();
    a.boot({ NODE_OPTIONS });
    const unfit = [{ code: "secrets-missing", because: "its secrets are not loaded yet" }];
    expect(await a.until("the holder", ({ role }) => role === "primary")).toMatchObject({ postgres: "absent", unfit });
    expect((await b.isPrimary()).epoch).toEqual({ number: 2, holder: "i-b", released: false });
    expect(site.epochFiles()).toEqual(["epoch-1.json", "epoch-1.released", "epoch-2.json"]);
    cloud.secretsFail = false;
    await a.isReadyStandby();
  });

  test("D4: whose postmaster alone hangs is noticed although open sessions go on, and started again", async () => {
    const a = (await site.machine("i-a")).boot({ NODE_OPTIONS });
    await a.isPrimary();
    const client = await a.connect(cloud.database);
    const [postmaster = 0] = a.postgresPids();
    process.kill(postmaster, "SIGSTOP");
    await client.query("SELECT 1");
    await a.until("without postgres", ({ postgres }) => postgres !== "accepting");
    await client.query("SELECT 1");
    await expect.poll(() => a.postgresPids()[0], { timeout: 60_000 }).not.toBe(postmaster);
    expect((await a.isPrimary()).epoch).toEqual({ number: 1, holder: "i-a", released: false });
    await (await a.connect(cloud.database)).end();
    await client.end().catch(() => undefined);
  });

  test("D4: whose recovery has stalled says so, and hands over in seconds once it is ordered", async () => {
    const [a, b] = await pair();
    const client = await a.connect(cloud.database);
    await client.query("CREATE TABLE t AS SELECT n, md5(n::text) FROM generate_series(1, 400000) n");
    await client.end();
    await a.powerOff();
    a.boot({ NODE_OPTIONS });
    await a.freezeRecovery();
    expect((await a.until("starting", ({ postgres }) => postgres === "starting")).unfit).toEqual([]);
    const stalled = await a.until("stalled", ({ unfit }) => unfit.length > 0);
    expect(stalled).toMatchObject({ role: "primary", unfit: [{ code: "recovery-stalled" }] });
    expect((await b.status()).ready).toBe(true);
    const order = { order: "step-down", epoch: 2, holder: "i-a" } as const;
    const ordered_at_ms = Date.now();
    expect(await a.order({ ...order, mac: orderMac(order, cloud.grantKey) })).toMatchObject({ code: 202 });
    expect((await b.isPrimary()).epoch).toEqual({ number: 3, holder: "i-b", released: false });
    expect(Date.now() - ordered_at_ms).toBeLessThan(15_000);
    const after = await b.connect(cloud.database);
    expect((await after.query("SELECT FROM t")).rowCount).toBe(400_000);
    await after.end();
  });
});

test("D4: where postgres fails on every instance, the epochs become rare, and it serves once the cause is gone", async () => {
  const a = (await site.machine("i-a")).boot({ NODE_OPTIONS });
  await a.isPrimary();
  const b = (await site.machine("i-b")).boot({ NODE_OPTIONS });
  await b.isReadyStandby();
  const control = site.readControlFile();
  await a.powerOff();
  // Its first bytes name the database system, which is the right one.
  site.writeControlFile(Buffer.concat([control.subarray(0, 8), Buffer.alloc(control.length - 8, 7)]));
  a.boot({ NODE_OPTIONS });
  // Ten of the agents' minutes: each makes epochs at 0, 30, 90 and 210 s, and then one in two minutes.
  await sleep(30_000);
  const epochs = site.epochFiles().filter((name) => name.endsWith(".json")).length;
  expect(epochs).toBeGreaterThan(4);
  expect(epochs).toBeLessThanOrEqual(16);
  site.writeControlFile(control);
  await expect
    .poll(async () => [await a.status(), await b.status()].some(({ postgres }) => postgres === "accepting"), {
      timeout: 60_000,
    })
    .toBe(true);
});

test("R4: when clients have taken every session, the agent gets in all the same, and says so until there are some again", async () => {
  const a = (await site.machine("i-a")).boot({ NODE_OPTIONS, MAX_CONNECTIONS: "20" });
  await a.isPrimary();
  const clients: pg.Client[] = [];
  const fill = async (): Promise<string> => {
    for (;;) {
      try {
        clients.push(await a.connect(cloud.database));
      } catch (error) {
        return String(error);
      }
    }
  };
  expect(await fill()).toContain("remaining connection slots are reserved");
  const full = await a.until("full", ({ sessions }) => sessions?.used === sessions?.max);
  expect(clients.length).toBeGreaterThanOrEqual(15);
  expect(full).toMatchObject({ role: "primary", postgres: "accepting", sessions: { used: 17, max: 17 }, unfit: [] });
  await expect.poll(() => a.logged("sessions-exhausted"), { timeout: 10_000 }).toBe(1);
  for (const client of clients) await client.end();
  await expect.poll(() => a.logged("sessions-left"), { timeout: 10_000 }).toBe(1);
});

describe("A7: a password that was rotated", () => {
  const old = 'it\'s a "secret"';

  test("just before a takeover, and applied by nobody yet, is good as soon as the new holder serves", async () => {
    const [a, b] = await pair();
    cloud.database.password = "rotated";
    expect(await a.stop()).toBe(0);
    await b.isPrimary();
    await (await b.connect(cloud.database)).end();
    await expect(b.connect({ ...cloud.database, password: old })).rejects.toThrow("authentication failed");
  });

  test("and applied by the last holder is not put back by the next one, which cannot read the secret", async () => {
    const a = (await site.machine("i-a")).boot({ NODE_OPTIONS });
    await a.isPrimary();
    const b = (await site.machine("i-b")).boot();
    await b.isReadyStandby();
    cloud.database.password = "rotated";
    const isGood = async () => a.connect(cloud.database).then((client) => client.end().then(() => true));
    await expect.poll(() => isGood().catch(() => false), { timeout: 60_000, interval: 500 }).toBe(true);
    cloud.secretsFail = true;
    expect(await a.stop()).toBe(0);
    await b.isPrimary();
    await expect.poll(() => b.logged("secret-applied"), { timeout: 20_000 }).toBe(1);
    await (await b.connect(cloud.database)).end();
    await expect(b.connect({ ...cloud.database, password: old })).rejects.toThrow("authentication failed");
    cloud.secretsFail = false;
    await expect.poll(() => b.logged("secret-applied"), { timeout: 60_000 }).toBe(2);
    await (await b.connect(cloud.database)).end();
  });

  test("as a grant key: a message that is signed by the new one has the agent read it", async () => {
    const [a, b] = await pair();
    const key = "aa".repeat(32);
    Object.assign(cloud, { grantKey: key });
    const order = { order: "step-down", epoch: 1, holder: "i-a" } as const;
    expect(await a.order({ ...order, mac: orderMac(order, key) })).toMatchObject({ code: 403 });
    await expect
      .poll(async () => (await a.order({ ...order, mac: orderMac(order, key) })).code, { timeout: 10_000 })
      .toBe(202);
    await b.isPrimary();
  });
});
