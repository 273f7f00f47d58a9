import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createPgBouncer, isTrackingStatements, type PgBouncer, pgbouncerPath } from "./pgbouncer.ts";
import { createPostgres, type PostgresServer } from "./postgres-server.ts";
import { post, startService, untilReady } from "./service.ts";
import { startTraffic } from "./traffic.ts";

const DEMO = { username: "demo", email: "demo@example.com" };

/** Less than the services' own pools together: their transactions share sessions. */
const TRANSACTION = {
  pool_mode: "transaction",
  default_pool_size: 3,
  ...(isTrackingStatements ? { max_prepared_statements: 0 } : {}),
};
/** Session mode needs a session for each connection. */
const SESSION = { pool_mode: "session", default_pool_size: 20 };

describe.skipIf(pgbouncerPath === undefined)("behind PgBouncer", () => {
  let postgres: PostgresServer;

  beforeAll(async () => {
    postgres = await createPostgres();
    await postgres.start();
  });
  afterAll(() => postgres.remove());
  beforeEach(() => postgres.sql("DROP TABLE IF EXISTS users, cloudy_migrations"));

  const startPooler = async (settings: Readonly<Record<string, string | number>>) => {
    const pooler = await createPgBouncer(postgres, settings);
    onTestFinished(() => pooler.remove());
    await pooler.start();
    return pooler;
  };
  const start = (pooler: PgBouncer, environment: Record<string, string> = {}) =>
    startService({
      DATABASE_URL: pooler.url,
      DATABASE_POOLER: "transaction",
      DATABASE_CONNECTIONS: "5",
      ...environment,
    });
  const names = async () =>
    (await postgres.sql<{ username: string }>("SELECT username FROM users")).map((row) => row.username).sort();
  /** Without these a doubled write could not be seen. */
  const dropConstraints = async () => {
    await postgres.sql("ALTER TABLE users DROP CONSTRAINT users_username_key, DROP CONSTRAINT users_email_key");
    await postgres.sql("DROP INDEX users_email_folded");
  };

  const serveUnderLoad = async (settings: Readonly<Record<string, string | number>>) => {
    const pooler = await startPooler(settings);
    const apps = await Promise.all([start(pooler), start(pooler)]);
    await Promise.all(apps.map(untilReady));
    await dropConstraints();
    const traffic = startTraffic(apps);
    for (let n = 0; n < 5; n += 1) await traffic.progress();
    await postgres.sql("ALTER TABLE users ALTER COLUMN username TYPE varchar(100)");
    for (let n = 0; n < 5; n += 1) await traffic.progress();
    const { statuses, acknowledged } = await traffic.end();
    expect([...statuses].sort()).toEqual([200, 201]);
    expect(await names()).toEqual([...acknowledged].sort());
  };

  test("A2: in transaction mode two services have no 5xx, and each acknowledged user is there once", async () => {
    await serveUnderLoad(TRANSACTION);
  });

  test.skipIf(!isTrackingStatements)(
    "A2: with max_prepared_statements, too, they have no 5xx, and each acknowledged user is there once",
    async () => {
      await serveUnderLoad({ ...TRANSACTION, max_prepared_statements: 100 });
    },
  );

  test("A2: in session mode they have no 5xx, and each acknowledged user is there once", async () => {
    await serveUnderLoad(SESSION);
  });

  test("A2: over restarts of PgBouncer and crashes of PostgreSQL acknowledged is present, once, and what changed nothing is absent", async () => {
    const pooler = await startPooler(TRANSACTION);
    const apps = await Promise.all([start(pooler), start(pooler)]);
    await Promise.all(apps.map(untilReady));
    await dropConstraints();
    const traffic = startTraffic(apps);
    for (const how of ["immediate", "fast"] as const) {
      await traffic.progress();
      await pooler.stop();
      await traffic.progress();
      await pooler.start();
      await traffic.added();
      await postgres.stop(how);
      await traffic.progress();
      await postgres.start();
      await traffic.added();
    }
    const { statuses, acknowledged, unchanged } = await traffic.end();
    expect([...statuses].sort()).toEqual([200, 201, 503]);
    const present = await names();
    expect(new Set(present).size).toBe(present.length);
    expect(acknowledged.filter((name) => !present.includes(name))).toEqual([]);
    expect(unchanged.length).toBeGreaterThan(0);
    expect(unchanged.filter((name) => present.includes(name))).toEqual([]);
  });

  test("A2: PostgreSQL gives up a statement before the service does, so that it certainly did nothing", async () => {
    const app = await start(await startPooler(TRANSACTION));
    await untilReady(app);
    const locked = postgres.sql("BEGIN; LOCK TABLE users; SELECT pg_sleep(7); COMMIT");
    const isLocked = async () =>
      (await postgres.sql("SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock'")).length;
    await expect.poll(isLocked).toBeGreaterThan(0);
    const response = await post(app, DEMO);
    expect([response.statusCode, response.json().detail]).toEqual([503, expect.stringMatching(/changed nothing/)]);
    await locked;
    expect(await names()).toEqual([]);
  });

  test("A2: a timeout that the role has is taken, and none is set", async () => {
    onTestFinished(async () => {
      await postgres.sql("ALTER ROLE postgres RESET statement_timeout");
    });
    const pooler = await startPooler(TRANSACTION);
    await postgres.sql("ALTER ROLE postgres SET statement_timeout = '1234ms'");
    const app = await start(pooler);
    await untilReady(app);
    await postgres.sql(`
      CREATE TABLE IF NOT EXISTS seen (timeout text);
      CREATE OR REPLACE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO seen VALUES (current_setting('statement_timeout'));
        RETURN NEW;
      END $$;
      CREATE TRIGGER see BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION see()`);
    expect((await post(app, DEMO)).statusCode).toBe(201);
    expect(await postgres.sql("SELECT timeout FROM seen")).toEqual([{ timeout: "1234ms" }]);
  });

  test("A2: what waited in vain for a session was not sent, and is said to have changed nothing", async () => {
    const pooler = await startPooler({ pool_mode: "transaction", default_pool_size: 1, query_wait_timeout: 1 });
    const app = await start(pooler);
    await untilReady(app);
    const client = await app.pg.connect();
    await client.query("BEGIN");
    const response = await post(app, DEMO);
    expect([response.statusCode, response.json().detail]).toEqual([503, expect.stringMatching(/changed nothing/)]);
    await client.query("COMMIT");
    client.release();
    expect((await post(app, DEMO)).statusCode).toBe(201);
  });

  test("A2: without the setting the service is not ready, and the log says what to set", async () => {
    const pooler = await startPooler(TRANSACTION);
    const app = await start(pooler, { DATABASE_POOLER: "none" });
    const warn = vi.spyOn(app.log, "warn");
    const said = () => warn.mock.calls.map(([about]) => String((about as { err?: Error }).err?.cause));
    const advised = /unsupported startup parameter.*DATABASE_POOLER=transaction/;
    await expect.poll(said, { timeout: 10_000 }).toContainEqual(expect.stringMatching(advised));
    expect((await post(app, DEMO)).statusCode).toBe(503);
  });

  test("A2: without the setting, where PgBouncer lets such sessions in, there is no 5xx either, and the log says what to set", async () => {
    const pooler = await startPooler({ ...TRANSACTION, ignore_startup_parameters: "statement_timeout,options" });
    const apps = await Promise.all([1, 2].map(() => start(pooler, { DATABASE_POOLER: "none" })));
    const warnings = apps.map((app) => vi.spyOn(app.log, "warn"));
    await Promise.all(apps.map(untilReady));
    const traffic = startTraffic(apps);
    for (let n = 0; n < 5; n += 1) await traffic.progress();
    const { statuses, acknowledged } = await traffic.end();
    expect([...statuses].sort()).toEqual([200, 201]);
    expect(await names()).toEqual([...acknowledged].sort());
    const said = warnings.flatMap((warning) => warning.mock.calls.map(([, words]) => words));
    expect(said).toContainEqual(expect.stringContaining("DATABASE_POOLER=transaction"));
  });
});
