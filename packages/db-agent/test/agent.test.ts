import { readFileSync } from "node:fs";
import { join } from "node:path";
import { grantMac, orderMac } from "@cloudy/contracts/signed-messages.ts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Cloud, startCloud } from "./cloud.ts";
import { type Machine, Site } from "./machine.ts";

/** Makes setTimeout and the dates of a process run 20 times faster, as a twin does with all its processes. */
const FAST_CLOCK = new URL("fast-clock.ts", import.meta.url).href;

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

/** Rows whose insertion was acknowledged. */
async function write(machine: Machine, rows: number): Promise<void> {
  const client = await machine.connect(cloud.database);
  await client.query("CREATE TABLE IF NOT EXISTS t (n int PRIMARY KEY)");
  for (let n = 0; n < rows; n += 1) await client.query("INSERT INTO t VALUES ((SELECT count(*) FROM t))");
  await client.end().catch(() => undefined);
}

/** Goes on inserting until the connection is lost; the number of all rows that were acknowledged. */
async function writeUntilCut(machine: Machine): Promise<number> {
  const client = await machine.connect(cloud.database);
  let rows = await count(machine);
  try {
    for (;;) {
      await client.query("INSERT INTO t VALUES ($1)", [rows]);
      rows += 1;
    }
  } catch {
    return rows;
  }
}

async function count(machine: Machine): Promise<number> {
  const client = await machine.connect(cloud.database);
  const { rows } = await client.query<{ count: number }>("SELECT count(*)::int FROM t");
  await client.end();
  return rows[0]!.count;
}

function signed(epoch: number, deadHolder: string, successor: string, key = cloud.grantKey) {
  return { epoch, deadHolder, successor, mac: grantMac({ epoch, deadHolder, successor }, key) };
}

describe("the agent with a real PostgreSQL", () => {
  test("D4: first start makes epoch 1 and a database with checksums, role and password of the secret", async () => {
    const a = (await site.machine("i-a")).boot();
    const status = await a.isPrimary();
    expect(status.epoch).toEqual({ number: 1, holder: "i-a", released: false });
    const client = await a.connect(cloud.database);
    const { rows } = await client.query(
      "SELECT current_setting('data_checksums') AS sums, pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = current_database()",
    );
    await client.end();
    expect(rows).toEqual([{ sums: "on", owner: "cloudy" }]);
    await expect(a.connect({ ...cloud.database, password: "guessed" })).rejects.toThrow(
      "password authentication failed",
    );
    await expect(a.connect({ ...cloud.database, username: "postgres" })).rejects.toThrow("pg_hba.conf rejects");
  });

  test("D4: two machines that start at once make one primary", async () => {
    const machines = [(await site.machine("i-a")).boot(), (await site.machine("i-b")).boot()];
    const settled = await Promise.all(
      machines.map((machine) =>
        machine.until(
          "settled",
          // Until an epoch is seen, a standby may still become the primary.
          (status) =>
            status.postgres === "accepting" || (status.role === "standby" && status.ready && status.epoch !== null),
        ),
      ),
    );
    expect(settled.map((status) => status.role).sort()).toEqual(["primary", "standby"]);
    expect(site.epochFiles()).toEqual(["epoch-1.json"]);
  });

  test("D6: a clean stop hands over in seconds, with every acknowledged row", async () => {
    const [a, b] = await pair();
    await write(a, 20);
    expect(await a.stop()).toBe(0);
    expect(a.postgresPids()).toEqual([]);
    const status = await b.isPrimary();
    expect(status.epoch).toEqual({ number: 2, holder: "i-b", released: false });
    expect(await count(b)).toBe(20);
    expect(site.epochFiles()).toEqual(["epoch-1.json", "epoch-1.released", "epoch-2.json"]);
  });

  test("D6: a clean stop writes its checkpoint while clients go on, and shuts down after that", async () => {
    const [a] = await pair();
    await write(a, 20);
    const before = a.output.join("").length;
    expect(await a.stop()).toBe(0);
    const log = a.output.join("").slice(before);
    const moments = ["checkpoint complete", "received fast shutdown request", "checkpoint starting: shutdown"];
    expect(moments.map((moment) => log.indexOf(moment)).every((at) => at >= 0)).toBe(true);
    expect(moments.toSorted((one, other) => log.indexOf(one) - log.indexOf(other))).toEqual(moments);
  });

  test("D4: a backend that is too busy to notice its postmaster's death is killed before postgres starts again", async () => {
    const [a] = await pair();
    const client = await a.connect(cloud.database);
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const busy = client.query("SELECT sum(a * b) FROM generate_series(1, 1e5) a, generate_series(1, 1e5) b");
    const cut = expect(busy).rejects.toThrow();
    const watcher = await a.connect(cloud.database);
    await vi.waitUntil(async () => {
      const found = await watcher.query("SELECT FROM pg_stat_activity WHERE pid = $1 AND state = 'active'", [
        rows[0]!.pid,
      ]);
      return found.rowCount === 1;
    });
    const gone = watcher.end().catch(() => undefined);
    process.kill(a.postgresPids()[0]!, "SIGKILL");
    await a.until("without postgres", (status) => status.postgres !== "accepting");
    expect((await a.isPrimary()).epoch?.number).toBe(1);
    expect(a.postgresPids()).not.toContain(rows[0]!.pid);
    await Promise.all([cut, gone]);
  });

  test("D4: postgres killed is started again in its own epoch; the standby keeps waiting", async () => {
    const [a, b] = await pair();
    await write(a, 5);
    process.kill(a.postgresPids()[0]!, "SIGKILL");
    await a.until("without postgres", (status) => status.postgres !== "accepting");
    expect((await a.isPrimary()).epoch?.number).toBe(1);
    expect(await count(a)).toBe(5);
    expect((await b.status()).role).toBe("standby");
  });

  test("D4: a postgres that keeps failing here is handed to the standby", async () => {
    const [a, b] = await pair();
    for (let crash = 0; crash < 4; crash += 1) {
      await a.isPrimary();
      process.kill(a.postgresPids()[0]!, "SIGKILL");
      await a.until("without postgres", (status) => status.postgres !== "accepting");
    }
    expect((await b.isPrimary()).epoch).toEqual({ number: 2, holder: "i-b", released: false });
    expect((await a.status()).notReady).toContain("it stepped down a moment ago: postgres keeps failing here");
  });

  test("D4: orphans of a killed agent are adopted, serve on, and are released by the new agent", async () => {
    const [a, b] = await pair();
    const before = a.postgresPids()[0];
    await a.killAgent();
    a.boot();
    await a.isPrimary();
    expect(a.postgresPids()[0]).toBe(before);
    await write(a, 3);
    expect(await a.stop()).toBe(0);
    expect((await b.isPrimary()).epoch?.number).toBe(2);
    expect(await count(b)).toBe(3);
  });

  test("D4: an agent and its postgres killed go on in an epoch of their own", async () => {
    const [a] = await pair();
    await write(a, 3);
    await a.powerOff();
    a.boot();
    expect((await a.isPrimary()).epoch).toEqual({ number: 2, holder: "i-a", released: false });
    expect(await count(a)).toBe(3);
  });

  test("D4: after a lost host the standby waits for a valid grant, and only for that", async () => {
    const [a, b] = await pair();
    await write(a, 20);
    const acknowledged = writeUntilCut(a);
    await expect.poll(() => count(a), { timeout: 10_000 }).toBeGreaterThan(40);
    await a.powerOff();
    expect(await b.grant(signed(1, "i-a", "i-b", "ff".repeat(32)))).toMatchObject({ code: 403 });
    expect(await b.grant(signed(2, "i-a", "i-b"))).toEqual({
      code: 409,
      because: "the grant is for epoch 2, the current one is 1",
    });
    expect(await b.grant(signed(1, "i-c", "i-b"))).toMatchObject({ code: 409 });
    expect(await b.grant(signed(1, "i-a", "i-c"))).toMatchObject({ code: 409 });
    expect(await b.grant("{")).toMatchObject({ code: 400 });
    expect((await b.status()).epoch).toEqual({ number: 1, holder: "i-a", released: false });
    expect(await b.grant(signed(1, "i-a", "i-b"))).toMatchObject({ code: 202 });
    expect((await b.isPrimary()).epoch).toEqual({ number: 2, holder: "i-b", released: false });
    const written = await acknowledged;
    expect(written).toBeGreaterThan(20);
    // The last one may have been committed without an answer.
    expect([written, written + 1]).toContain(await count(b));
    // Late and doubled: the epoch exists by now.
    expect(await b.grant(signed(1, "i-a", "i-b"))).toMatchObject({ code: 409 });
    expect(site.epochFiles()).toEqual(["epoch-1.json", "epoch-2.json"]);
  });

  test("D4: the same grant delivered to two standbys makes one primary", async () => {
    const [a, b] = await pair();
    const c = (await site.machine("i-c")).boot();
    await c.isReadyStandby();
    await a.powerOff();
    await Promise.all([b.grant(signed(1, "i-a", "i-b")), c.grant(signed(1, "i-a", "i-c"))]);
    const settled = await Promise.all(
      [b, c].map((machine) =>
        machine.until(
          "settled",
          ({ epoch, role, postgres }) => epoch?.number === 2 && (role === "standby" || postgres === "accepting"),
        ),
      ),
    );
    expect(settled.map((status) => status.role).sort()).toEqual(["primary", "standby"]);
  });

  test("D4: a holder that finds a higher epoch stops its postgres at once", async () => {
    const a = (await site.machine("i-a")).boot();
    await a.isPrimary();
    site.writeEpoch(2, "i-elsewhere");
    await a.until("without postgres", (status) => status.role === "standby" && status.postgres === "absent");
    expect(a.output.join("")).toContain("stop-postgres: epoch 2 is held by i-elsewhere");
    expect(a.postgresPids()).toEqual([]);
    expect(site.epochFiles()).toEqual(["epoch-1.json", "epoch-2.json"]);
  });

  test("A7: a rotated password works after the next start", async () => {
    const a = (await site.machine("i-a")).boot();
    await a.isPrimary();
    cloud.database.password = "rotated";
    await a.stop();
    a.boot();
    await a.isPrimary();
    await (await a.connect(cloud.database)).end();
    await expect(a.connect({ ...cloud.database, password: 'it\'s a "secret"' })).rejects.toThrow(
      "authentication failed",
    );
  });

  test("D4: a postmaster.pid of a dead machine that names a living process here is no obstacle", async () => {
    const [a, b] = await pair();
    await a.powerOff();
    site.rewritePostmasterPid(b.agentPid);
    await b.grant(signed(1, "i-a", "i-b"));
    expect((await b.isPrimary()).epoch?.number).toBe(2);
  });

  test("D4: a data directory that went missing is never replaced by an empty one", async () => {
    const a = (await site.machine("i-a")).boot();
    await a.isPrimary();
    await a.stop();
    site.loseData();
    const b = (await site.machine("i-b")).boot();
    const status = await b.until("the holder", ({ epoch, notReady }) => epoch?.number === 2 && notReady.length > 1);
    expect(status.notReady).toEqual([
      "its role is primary",
      "pgdata was initialized once and is missing now: restore it, it is never made anew",
    ]);
    expect(b.postgresPids()).toEqual([]);
    expect(site.dataFiles()).toEqual([]);
  });

  test("D4: a silent file system is reported and does not hang the agent; it recovers by itself", async () => {
    const [, b] = await pair();
    await b.stop();
    b.boot({ NODE_OPTIONS: `--import=${FAST_CLOCK}` });
    await b.isReadyStandby();
    b.freezeSharedFiles("SIGSTOP");
    const status = await b.until("cut off", ({ fileSystem }) => fileSystem === "unreachable");
    expect(status).toMatchObject({ ready: false, notReady: ["the shared file system is not reachable"] });
    b.freezeSharedFiles("SIGCONT");
    await b.isReadyStandby();
  });

  test("D4: a file system that is away ends postgres; the epoch is released when it is back, and the standby serves", async () => {
    const a = (await site.machine("i-a")).boot({ NODE_OPTIONS: `--import=${FAST_CLOCK}` });
    await a.isPrimary();
    const b = (await site.machine("i-b")).boot();
    await b.isReadyStandby();
    await write(a, 5);
    a.freezeSharedFiles("SIGSTOP");
    await a.until(
      "without postgres",
      ({ postgres, fileSystem }) => postgres === "absent" && fileSystem === "unreachable",
    );
    expect(a.postgresPids()).toEqual([]);
    expect(site.epochFiles()).toEqual(["epoch-1.json"]);
    a.freezeSharedFiles("SIGCONT");
    expect((await b.isPrimary()).epoch).toEqual({ number: 2, holder: "i-b", released: false });
    expect(await count(b)).toBe(5);
  });

  test("D4: data of another database system, or an epoch that is not readable: nothing starts, the status says why and what to do", async () => {
    const a = (await site.machine("i-a")).boot();
    await a.isPrimary();
    await a.stop();
    const foreign = site.recordSystem("7000000000000000001");
    a.boot();
    const status = await a.until("the holder", ({ notReady }) => notReady.length > 1);
    expect(status.notReady[1]).toMatch(
      /^pgdata is of the database system \d+, but 7000000000000000001 was put in place here: put that back, or restore/,
    );
    expect(a.postgresPids()).toEqual([]);
    site.recordSystem(foreign);
    await a.isPrimary();
    await a.stop();
    site.writeEpoch(9, "");
    site.truncateEpoch(9);
    // A look that the stop above cut short may have been logged, too.
    const failedLooks = a.logged("look-failed");
    a.boot();
    await expect.poll(() => a.logged("look-failed"), { timeout: 60_000 }).toBeGreaterThan(failedLooks);
    expect((await a.status()).notReady.join()).toMatch(
      /epoch-9\.json is not the record of epoch 9 .*: put it back from a backup of the file system/,
    );
    expect(a.postgresPids()).toEqual([]);
    expect(await a.stop()).toBe(0);
  });

  test("R3: it calls its instance ready once it could run the database, and after a restart only if it is waited for", async () => {
    const completion = "databases ready CONTINUE i-a";
    cloud.waitingInstances.add("i-a");
    cloud.secretsFail = true;
    const a = (await site.machine("i-a")).boot();
    await expect.poll(() => a.logged("secrets-unusable"), { timeout: 20_000 }).toBeGreaterThan(0);
    expect(cloud.completions).toEqual([]);
    cloud.secretsFail = false;
    await expect.poll(() => cloud.completions, { timeout: 30_000 }).toEqual([completion]);
    await a.isPrimary();
    await a.killAgent();
    a.boot();
    await a.isPrimary();
    expect(cloud.completions).toEqual([completion]);
    expect(a.logged("readiness-told")).toBe(1);
    cloud.waitingInstances.add("i-a");
    await a.killAgent();
    a.boot();
    await expect.poll(() => cloud.completions, { timeout: 20_000 }).toEqual([completion, completion]);
    expect(await a.stop()).toBe(0);
  });

  test("D6: ordered to step down the holder hands over; a stranger's, a late and a repeated order do nothing", async () => {
    const [a, b] = await pair();
    await write(a, 20);
    await expect.poll(() => [...cloud.protectedInstances], { timeout: 20_000 }).toEqual(["i-a"]);
    const { disk } = await a.until("measured", (status) => status.disk !== null);
    expect(disk?.freeBytes).toBeLessThan(disk?.totalBytes ?? 0);
    const order = { order: "step-down", epoch: 1, holder: "i-a" } as const;
    const mac = orderMac(order, cloud.grantKey);
    expect(await a.order({ ...order, mac: orderMac(order, "ff".repeat(32)) })).toMatchObject({ code: 403 });
    expect(await a.order({ ...order, order: "restore", backup: "../x", targetTime: null, mac })).toMatchObject({
      code: 400,
    });
    expect(await b.order({ ...order, mac })).toMatchObject({ code: 409 });
    const ordered_at_ms = Date.now();
    expect(await a.order({ ...order, mac })).toEqual({ code: 202, because: "i-a releases epoch 1" });
    expect((await b.isPrimary()).epoch).toEqual({ number: 2, holder: "i-b", released: false });
    expect(Date.now() - ordered_at_ms).toBeLessThan(8_000);
    await expect.poll(() => [...cloud.protectedInstances], { timeout: 20_000 }).toEqual(["i-b"]);
    expect(await count(b)).toBe(20);
    expect(await a.order({ ...order, mac })).toMatchObject({ code: 409 });
    expect(await b.order({ ...order, mac })).toMatchObject({ code: 409 });
    expect(site.epochFiles()).toEqual(["epoch-1.json", "epoch-1.released", "epoch-2.json"]);
  });

  test("F2: an agent tells whether it reaches another one", async () => {
    const a = (await site.machine("i-a")).boot();
    await a.isPrimary();
    const ask = async (host: string) => (await fetch(`http://127.0.0.1:${a.statusPort}/peer?host=${host}`)).json();
    expect(await ask("127.0.0.1")).toMatchObject({ reached: true, status: { instanceId: "i-a" } });
    expect(await ask("127.9.9.9")).toMatchObject({ reached: true });
    expect(await ask("example.org")).toEqual({ error: '[host] must be an IPv4 address, got "example.org"' });
  });

  test("a wrong environment is one line that names every fault, and exit code 1", async () => {
    const a = (await site.machine("i-a")).boot({ SECRET_ID: "", POSTGRES_PORT: "many" });
    expect(await a.exitCode()).toBe(1);
    const lines = a.output.join("").trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).message)).toEqual([
      'wrong environment: [POSTGRES_PORT] must be a port between 1 and 65535, got "many"; [SECRET_ID] is not set',
    ]);
  });

  test("a standby without its secrets is not ready and does not take over", async () => {
    const a = (await site.machine("i-a")).boot();
    await a.isPrimary();
    cloud.secretsFail = true;
    const b = (await site.machine("i-b")).boot();
    const status = await b.until("a standby", ({ role }) => role === "standby");
    expect(status).toMatchObject({ ready: false, notReady: ["its secrets are not loaded yet"] });
    await a.stop();
    await b.until("aware of the release", ({ epoch }) => epoch?.released === true);
    expect(site.epochFiles()).toEqual(["epoch-1.json", "epoch-1.released"]);
    cloud.secretsFail = false;
    await b.isPrimary();
  });

  test("each epoch file is complete and carries its holder and token", async () => {
    const a = (await site.machine("i-a")).boot();
    await a.isPrimary();
    const epoch = JSON.parse(readFileSync(join(site.sharedDir, "epochs", "epoch-1.json"), "utf8"));
    expect(epoch).toEqual({ epoch: 1, holder: "i-a", token: expect.any(String), createdAt: expect.any(String) });
  });
});
