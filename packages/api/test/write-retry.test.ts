import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createNetwork, type Network } from "./network.ts";
import { createPostgres, type PostgresServer } from "./postgres-server.ts";
import { post, startService, untilReady } from "./service.ts";

const DEMO = { username: "demo", email: "demo@example.com" };

describe("repeating a write", () => {
  let postgres: PostgresServer;
  let network: Network;

  beforeAll(async () => {
    postgres = await createPostgres();
    await postgres.start();
  });
  afterAll(() => postgres.remove());
  beforeEach(async () => {
    await postgres.sql("DROP TABLE IF EXISTS users, cloudy_migrations");
    await postgres.sql("DROP SEQUENCE IF EXISTS attempts");
    await postgres.sql("CREATE SEQUENCE attempts");
    network = await createNetwork(postgres.port);
    onTestFinished(() => network.close());
  });

  const start = async () => {
    const app = await startService({ DATABASE_URL: postgres.url.replace(String(postgres.port), String(network.port)) });
    await untilReady(app);
    return app;
  };
  /** A trigger that counts the attempts (sequences survive a rollback) and fails the first `failures` of them. */
  const failWith = (sqlState: string, failures: number, when: "at once" | "at commit") =>
    postgres.sql(`
      CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('attempts') <= ${failures} THEN RAISE EXCEPTION 'no' USING ERRCODE = '${sqlState}'; END IF;
        RETURN NEW;
      END $$;
      CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON users
        DEFERRABLE INITIALLY ${when === "at commit" ? "DEFERRED" : "IMMEDIATE"}
        FOR EACH ROW EXECUTE FUNCTION fail()`);
  const attempts = async () => (await postgres.sql<{ n: number }>("SELECT last_value::int AS n FROM attempts"))[0]?.n;
  const rows = () => postgres.sql("SELECT username, email FROM users");

  test.each(["40001", "40P01", "53200"])(
    "A2: what the server rolled back (%s) is tried again, unseen",
    async (code) => {
      const app = await start();
      await failWith(code, 2, "at commit");
      expect((await post(app, DEMO)).statusCode).toBe(201);
      expect([await attempts(), await rows()]).toEqual([3, [DEMO]]);
    },
  );

  test("A2: it is not tried for long", async () => {
    const app = await start();
    await failWith("40001", 1000, "at once");
    const start_ms = performance.now();
    const response = await post(app, DEMO);
    expect([response.statusCode, response.headers["retry-after"]]).toEqual([503, "2"]);
    expect(response.json().detail).toMatch(/changed nothing/);
    expect(performance.now() - start_ms).toBeLessThan(3_000);
    expect(await rows()).toEqual([]);
  });

  test("A2: a connection that is refused is tried again, since nothing was sent", async () => {
    const app = await start();
    network.set("closed");
    await expect.poll(() => app.pg.pool.totalCount, { timeout: 5_000 }).toBe(0);
    const before = network.accepted();
    // An injected request starts when it is waited for.
    const answer = post(app, DEMO).then((response) => response);
    await expect.poll(() => network.accepted(), { timeout: 5_000 }).toBeGreaterThan(before + 1);
    network.set("open");
    expect((await answer).statusCode).toBe(201);
    expect(await rows()).toEqual([DEMO]);
  });

  test("A2: after a mistake of this program nothing is tried again", async () => {
    const app = await start();
    await failWith("22012", 1, "at once");
    expect((await post(app, DEMO)).statusCode).toBe(500);
    expect([await attempts(), await rows()]).toEqual([1, []]);
  });

  test("A2: when the session ends amid the statement it is not tried again", async () => {
    const app = await start();
    await postgres.sql(`
      CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM nextval('attempts'), pg_terminate_backend(pg_backend_pid());
        RETURN NEW;
      END $$;
      CREATE TRIGGER fail BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION fail()`);
    const response = await post(app, DEMO);
    expect([response.statusCode, response.json().detail]).toEqual([503, expect.stringMatching(/unknown/)]);
    expect([await attempts(), await rows()]).toEqual([1, []]);
  });
});
