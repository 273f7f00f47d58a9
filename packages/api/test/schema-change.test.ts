import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createPostgres, type PostgresServer } from "./postgres-server.ts";
import { post, startService, untilReady } from "./service.ts";
import { startTraffic } from "./traffic.ts";

const CONNECTIONS = 6;

describe("a schema that changes under a running service", () => {
  let postgres: PostgresServer;

  beforeAll(async () => {
    postgres = await createPostgres();
    await postgres.start();
  });
  afterAll(() => postgres.remove());
  beforeEach(() => postgres.sql("DROP TABLE IF EXISTS users, cloudy_migrations"));

  const start = async (connections = CONNECTIONS) => {
    const app = await startService({ DATABASE_URL: postgres.url, DATABASE_CONNECTIONS: String(connections) });
    await untilReady(app);
    return app;
  };
  const names = async () =>
    (await postgres.sql<{ username: string }>("SELECT username FROM users ORDER BY id")).map((row) => row.username);

  test("A2: a type that becomes wider has each connection prepare its statements again, and nobody sees it", async () => {
    const app = await start();
    const user = { username: "demo", email: "demo@example.com" };
    const key = { "idempotency-key": "k-1" };
    const listings = () => Promise.all(Array.from({ length: 2 * CONNECTIONS }, () => app.inject("/users")));
    expect((await post(app, user, key)).statusCode).toBe(201);
    expect((await post(app, user, key)).statusCode).toBe(201);
    await listings();
    const before = await backends(postgres);
    await postgres.sql("ALTER TABLE users ALTER COLUMN username TYPE varchar(100)");
    const codes = new Set((await listings()).map(({ statusCode }) => statusCode));
    expect([...codes]).toEqual([200]);
    expect((await post(app, user, key)).statusCode).toBe(201);
    // The same connections: a new one for each stale statement would be a storm of logins.
    expect(await backends(postgres)).toEqual(before);
    expect(await names()).toEqual(["demo"]);
  });

  test("A2: columns change while it is written and read without any 5xx, and each acknowledged user is there once", async () => {
    const app = await start();
    const traffic = startTraffic([app]);
    for (const change of [
      "ALTER COLUMN username TYPE varchar(100)",
      "ADD COLUMN nickname varchar(20)",
      "ALTER COLUMN email TYPE text",
      "DROP COLUMN nickname",
      "ALTER COLUMN username TYPE text",
    ]) {
      await postgres.sql(`ALTER TABLE users ${change}`);
      await traffic.progress();
    }
    const { statuses, acknowledged } = await traffic.end();
    expect([...statuses].sort()).toEqual([200, 201]);
    expect((await names()).sort()).toEqual([...acknowledged].sort());
  });

  test.each(["DISCARD ALL", "DEALLOCATE ALL"])("A2: after %s statements are prepared again", async (reset) => {
    const app = await start(1);
    const user = { username: "demo", email: "demo@example.com" };
    const key = { "idempotency-key": "k-1" };
    for (const _ of [1, 2]) expect((await post(app, user, key)).statusCode).toBe(201);
    const client = await app.pg.connect();
    await client.query(reset);
    client.release();
    expect((await post(app, user, key)).statusCode).toBe(201);
    expect((await app.inject("/users")).json()).toMatchObject([user]);
  });

  test("A2: a name that the server has for another statement is taken over", async () => {
    const app = await start(1);
    const client = await app.pg.connect();
    await client.query('PREPARE "list-users" AS SELECT 1');
    client.release();
    expect((await app.inject("/users")).json()).toEqual([]);
  });
});

/** Backends of the service, by their process ids. */
async function backends(postgres: PostgresServer): Promise<readonly number[]> {
  const rows = await postgres.sql<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'cloudy-api' ORDER BY pid",
  );
  return rows.map(({ pid }) => pid);
}
