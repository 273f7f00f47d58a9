import { afterEach, beforeEach, expect, test } from "vitest";
import { type Cloud, startCloud } from "./cloud.ts";
import { type Machine, Site } from "./machine.ts";

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

type Client = Awaited<ReturnType<Machine["connect"]>>;

async function settingsOf(client: Client, names: readonly string[]): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; value: string }>(
    "SELECT name, current_setting(name) AS value FROM pg_settings WHERE name = ANY($1)",
    [names],
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

const SHOWN = [
  "max_connections",
  "shared_buffers",
  "effective_cache_size",
  "work_mem",
  "maintenance_work_mem",
  "max_parallel_workers_per_gather",
  "max_parallel_maintenance_workers",
  "autovacuum_max_workers",
];

test("R5: all pools of a web tier at its peak connect at once, and the agent has connections left when clients have none", async () => {
  machine.boot();
  await machine.isPrimary();
  // Five instances, as dev has while a change rolls through it, with five connections each; the probe, and people.
  const taken = await Promise.all(Array.from({ length: 5 * 5 + 2 + 3 }, () => machine.connect(cloud.database)));
  expect((await taken[0]?.query("SHOW superuser_reserved_connections"))?.rows).toEqual([
    { superuser_reserved_connections: "3" },
  ]);
  // Whoever takes more than the budget gives them is refused, and takes nothing from the agent.
  const more: Client[] = [];
  const refusal = await (async () => {
    for (;;) more.push(await machine.connect(cloud.database));
  })().catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "53300" });
  expect(taken.length + more.length).toBeGreaterThanOrEqual(51 - 3 - 1);
  expect((await machine.isPrimary()).postgres).toBe("accepting");
  // A clean stop writes its checkpoint over a connection of its own.
  expect(await machine.stop()).toBe(0);
  expect(machine.logged("checkpoint-failed")).toBe(0);
  await Promise.all([...taken, ...more].map((client) => client.end().catch(() => undefined)));
});

test("R5: a bigger machine that takes the data over gives PostgreSQL more memory and parallel workers, a smaller one less again", async () => {
  const bigger = {
    MAX_CONNECTIONS: "100",
    SHARED_BUFFERS_MB: "160",
    EFFECTIVE_CACHE_SIZE_MB: "512",
    WORK_MEM_MB: "9",
    MAINTENANCE_WORK_MEM_MB: "64",
    PARALLEL_WORKERS: "2",
    AUTOVACUUM_WORKERS: "3",
  };
  const small = ["51", "96MB", "256MB", "2MB", "32MB", "0", "0", "1"];
  const sizes = [
    { of: {}, values: small },
    { of: bigger, values: ["100", "160MB", "512MB", "9MB", "64MB", "2", "2", "3"] },
    { of: {}, values: small },
  ];
  const plans: string[] = [];
  for (const { of, values } of sizes) {
    machine.boot(of);
    await machine.isPrimary();
    const client = await machine.connect(cloud.database);
    expect(await settingsOf(client, SHOWN)).toEqual(
      Object.fromEntries(SHOWN.map((name, index) => [name, values[index]])),
    );
    await client.query(
      "CREATE TABLE IF NOT EXISTS many AS SELECT n, repeat('x', 100) AS filling FROM generate_series(1, 200000) n",
    );
    await client.query("ANALYZE many");
    const { rows } = await client.query<{ "QUERY PLAN": string }>("EXPLAIN SELECT count(*) FROM many WHERE n % 7 = 0");
    plans.push(rows.map((row) => row["QUERY PLAN"]).join(" "));
    await client.end();
    expect(await machine.stop()).toBe(0);
  }
  expect(plans.map((plan) => /Workers Planned: (\d)/.exec(plan)?.[1])).toEqual([undefined, "2", undefined]);
});
