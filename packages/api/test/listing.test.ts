import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { migrate } from "../src/database/migrations.ts";
import { LIST } from "../src/database/users.ts";
import { createPostgres, type PostgresServer } from "./postgres-server.ts";
import { startService, untilReady } from "./service.ts";

const ROWS = 1_000_000;
const PAGE = 1000;

/** What EXPLAIN says of one step of a plan. */
interface Step {
  readonly "Node Type": string;
  readonly "Index Name"?: string;
  readonly "Actual Rows": number;
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
  readonly Plans?: readonly Step[];
}

test("A3: a plan that was made while hardly anything was stored walks the index, too", async () => {
  const postgres = await createPostgres();
  onTestFinished(() => postgres.remove());
  await postgres.start();
  const app = await startService({ DATABASE_URL: postgres.url });
  await untilReady(app);
  await postgres.sql("INSERT INTO users (username, email) VALUES ('a', 'a@example.com')");
  await postgres.sql("ANALYZE users");
  // As the service's connections are: they keep their first plan.
  const client = await app.pg.connect();
  await client.query(`PREPARE list AS ${LIST.text}`);
  const { rows } = await client.query<{ "QUERY PLAN": readonly { readonly Plan: Step }[] }>(
    `EXPLAIN (FORMAT JSON) EXECUTE list(0, ${PAGE + 1})`,
  );
  client.release();
  const scan = rows[0]?.["QUERY PLAN"][0]?.Plan.Plans?.[0];
  expect(scan).toMatchObject({ "Node Type": "Index Scan", "Index Name": "users_pkey", "Index Cond": "(id > $1)" });
});

describe("a listing of a million users", () => {
  let postgres: PostgresServer;
  let client: pg.Client;

  beforeAll(async () => {
    postgres = await createPostgres();
    await postgres.start();
    client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    await migrate(client);
    // Filled without the other indexes, which a listing does not use and which take most of the time to fill.
    await client.query("ALTER TABLE users DROP CONSTRAINT users_username_key, DROP CONSTRAINT users_email_key");
    await client.query("DROP INDEX users_email_folded");
    await client.query(
      `INSERT INTO users (username, email) SELECT 'u' || n, n || '@example.com' FROM generate_series(1, ${ROWS}) n`,
    );
    await client.query("VACUUM ANALYZE users");
    await client.query(`PREPARE list AS ${LIST.text}`);
  });
  afterAll(async () => {
    await client.end();
    await postgres.remove();
  });

  test.each(["custom", "generic"])("A3: reads the rows of the page only, wherever it lies (%s plan)", async (mode) => {
    await client.query(`SET plan_cache_mode = force_${mode}_plan`);
    const blocks: number[] = [];
    for (const after of [0, ROWS / 2, ROWS - PAGE - 1]) {
      const { rows } = await client.query<{ "QUERY PLAN": readonly { readonly Plan: Step }[] }>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE list(${after}, ${PAGE + 1})`,
      );
      const scan = rows[0]?.["QUERY PLAN"][0]?.Plan.Plans?.[0];
      expect(scan).toMatchObject({ "Node Type": "Index Scan", "Index Name": "users_pkey", "Actual Rows": PAGE + 1 });
      blocks.push(scan!["Shared Hit Blocks"] + scan!["Shared Read Blocks"]);
    }
    expect(Math.max(...blocks) - Math.min(...blocks)).toBeLessThanOrEqual(3);
  });
});
