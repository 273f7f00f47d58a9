import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createNetwork, type Network } from "./network.ts";
import { createPostgres, type PostgresServer } from "./postgres-server.ts";
import { post, startService, untilReady } from "./service.ts";

const user = (name: string) => ({ username: name, email: `${name}@example.com` });

describe("outages of the database", () => {
  let postgres: PostgresServer;
  let network: Network;

  beforeAll(async () => {
    postgres = await createPostgres();
    await postgres.start();
  });
  afterAll(() => postgres.remove());
  beforeEach(async () => {
    await postgres.sql("DROP TABLE IF EXISTS users, cloudy_migrations");
    network = await createNetwork(postgres.port);
    onTestFinished(() => network.close());
  });

  const start = () => startService({ DATABASE_URL: postgres.url.replace(String(postgres.port), String(network.port)) });
  const names = async () =>
    (await postgres.sql<{ username: string }>("SELECT username FROM users ORDER BY id")).map((row) => row.username);

  test("A2: the service starts without the database, and migrates and serves once it is there", async () => {
    network.set("closed");
    const app = await start();
    expect((await post(app, user("early"))).statusCode).toBe(503);
    network.set("open");
    await untilReady(app);
    expect((await post(app, user("late"))).statusCode).toBe(201);
    expect(await names()).toEqual(["late"]);
  });

  test("R5: while the database has no connection left requests answer 503 with Retry-After, and the service goes on", async () => {
    await postgres.sql("CREATE ROLE crowded LOGIN PASSWORD 'crowded'");
    await postgres.sql("CREATE SCHEMA crowded AUTHORIZATION crowded");
    const app = await startService({
      DATABASE_URL: `postgresql://crowded:crowded@127.0.0.1:${postgres.port}/postgres`,
    });
    await untilReady(app);
    // PostgreSQL answers 53300, as it does when all of max_connections are taken.
    await postgres.sql("ALTER ROLE crowded CONNECTION LIMIT 0");
    await postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'crowded'");
    const refused = await Promise.all([post(app, user("crowded")), app.inject("/users"), app.inject("/readyz")]);
    expect(refused.map(({ statusCode }) => statusCode)).toEqual([503, 503, 503]);
    expect(refused[0]?.headers["retry-after"]).toBe("2");
    expect((await app.inject("/healthz")).statusCode).toBe(200);
    await postgres.sql("ALTER ROLE crowded CONNECTION LIMIT -1");
    await untilReady(app);
    expect((await post(app, user("after"))).statusCode).toBe(201);
  });

  test("A2: while the database is gone a write answers 503 in time, and works again soon after", async () => {
    const app = await start();
    await untilReady(app);
    network.set("silent");
    const start_ms = performance.now();
    const refused = await post(app, user("during"));
    expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([503, "2"]);
    expect(performance.now() - start_ms).toBeLessThan(8_000);
    network.set("open");
    await vi.waitFor(async () => expect((await post(app, user("after"))).statusCode).toBe(201), { timeout: 5_000 });
    expect(await names()).toEqual(["after"]);
  });

  test("A2: after a failover behind the same address no request waits for the lost connections one by one", async () => {
    const app = await start();
    await untilReady(app);
    // As many connections as the pool has, all of which the move leaves half-open.
    await Promise.all(Array.from({ length: 10 }, () => app.inject("/users?limit=1")));
    const successor = await createPostgres();
    onTestFinished(() => successor.remove());
    await successor.start();
    await startMigrated(successor);
    network.moveTo(successor.port);
    const start_ms = performance.now();
    // Reads are repeated on a fresh connection by the service itself.
    expect((await app.inject("/users")).statusCode).toBe(200);
    expect((await post(app, user("moved"))).statusCode).toBe(201);
    expect(performance.now() - start_ms).toBeLessThan(8_000);
    expect(await successor.sql("SELECT username FROM users")).toEqual([{ username: "moved" }]);
  });

  test("A2: a write whose acknowledgement is lost answers 503, is not repeated, and its key finds out", async () => {
    const app = await start();
    await untilReady(app);
    const key = { "idempotency-key": "k-1" };
    network.set("deaf");
    const unknown = await post(app, user("unknown"), key);
    expect(unknown.statusCode).toBe(503);
    expect(unknown.json().detail).toMatch(/unknown/);
    network.set("open");
    expect(await names()).toEqual(["unknown"]);
    expect((await post(app, user("unknown"), key)).statusCode).toBe(201);
    expect((await post(app, user("unknown"))).statusCode).toBe(409);
    expect(await names()).toEqual(["unknown"]);
  });

  test("A5: instances that start at the same time migrate once", async () => {
    const apps = await Promise.all(Array.from({ length: 5 }, start));
    await Promise.all(apps.map(untilReady));
    expect(await postgres.sql("SELECT id FROM cloudy_migrations ORDER BY id")).toEqual([
      { id: 1 },
      { id: 2 },
      { id: 3 },
    ]);
    const [first, second] = apps;
    if (first === undefined || second === undefined) throw new Error("Two instances were started.");
    expect((await post(first, user("shared"))).statusCode).toBe(201);
    expect((await post(second, user("shared"))).statusCode).toBe(409);
  });
});

/** A successor works on the same data; here it is a server of its own that has been migrated. */
async function startMigrated(successor: PostgresServer): Promise<void> {
  await untilReady(await startService({ DATABASE_URL: successor.url }));
}
