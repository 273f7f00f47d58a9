import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import type pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createAuthority } from "./authority.ts";
import { type Cloud, startCloud } from "./cloud.ts";
import { type Machine, Site } from "./machine.ts";

/** Makes setTimeout and the dates of a process run 20 times faster, as a twin does with all its processes. */
const FAST_CLOCK = new URL("fast-clock.ts", import.meta.url).href;

let cloud: Cloud;
let site: Site;
let machine: Machine;

beforeEach(async () => {
  cloud = await startCloud();
  site = await Site.open(cloud);
  machine = await site.machine("i-a");
});
afterEach(async () => {
  await site.close();
  await cloud.close();
});

/** Serial number of the certificate that the server showed to this session. */
function serialOf(client: pg.Client): string {
  const { connection } = client as unknown as { readonly connection: { readonly stream: TLSSocket } };
  return connection.stream.getPeerCertificate().serialNumber;
}

async function shown(): Promise<string> {
  const client = await machine.connect(cloud.database);
  const serial = serialOf(client);
  await client.end();
  return serial;
}

describe("TLS of the database", () => {
  test("A7: every session over the network is TLS 1.3 with a certificate that the client can verify", async () => {
    machine.boot();
    await machine.isPrimary();
    const client = await machine.connect(cloud.database);
    const { rows } = await client.query("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    await client.end();
    expect(rows).toEqual([{ ssl: true, version: "TLSv1.3" }]);
    await expect(machine.connect(cloud.database, false)).rejects.toThrow("no encryption");
    const { ca } = cloud.authority;
    await expect(machine.connect(cloud.database, { ca, maxVersion: "TLSv1.2" })).rejects.toThrow("protocol version");
    const stranger = await createAuthority();
    await expect(machine.connect(cloud.database, { ca: stranger.ca })).rejects.toThrow("certificate signature failure");
  });

  test("A7: the key lies on the local disk, for postgres alone", async () => {
    machine.boot();
    await machine.isPrimary();
    expect(statSync(join(site.directory, "i-a", "server.key")).mode & 0o777).toBe(0o600);
    const shared = readdirSync(site.sharedDir, { recursive: true });
    expect(shared.filter((path) => /server\.(key|crt)/.test(String(path)))).toEqual([]);
  });

  test("A7: a renewed certificate is shown to new sessions without a restart; open ones go on", async () => {
    machine.boot();
    await machine.isPrimary();
    // The next agent adopts the postgres that it finds, and reads the secrets again soon.
    await machine.killAgent();
    machine.boot({ NODE_OPTIONS: `--import=${FAST_CLOCK}` });
    await machine.isPrimary();
    const postmaster = machine.postgresPids()[0];
    const open = await machine.connect(cloud.database);
    const before = serialOf(open);
    expect(await shown()).toBe(before);
    cloud.server = await cloud.authority.issue();
    await expect.poll(shown, { timeout: 40_000 }).not.toBe(before);
    expect((await open.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await open.end();
    expect(machine.postgresPids()[0]).toBe(postmaster);
  });

  test("A7: a certificate of another key is not used, and the log says so until it is put right", async () => {
    const right = cloud.server;
    cloud.server = { ...right, key: (await cloud.authority.issue()).key };
    machine.boot();
    await expect.poll(() => machine.logged("secrets-unusable"), { timeout: 60_000 }).toBeGreaterThan(0);
    const { notReady } = await machine.until("a standby", ({ role }) => role === "standby");
    expect(notReady).toContain("its secrets are not loaded yet");
    expect(machine.output.join("")).toContain("the server's certificate is not of its key");
    cloud.server = right;
    await machine.isPrimary();
    await shown();
  });

  test("A7: a certificate that ends within a month is named in the log", async () => {
    cloud.server = await cloud.authority.issue(29 * 24);
    machine.boot();
    await machine.isPrimary();
    expect(machine.output.join("")).toContain("renew it with pulumi up");
  });
});
