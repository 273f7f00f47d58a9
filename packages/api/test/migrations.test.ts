import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { migrate } from "../src/database/migrations.ts";
import { createPostgres, type PostgresServer } from "./postgres-server.ts";

describe("migrate", () => {
  let postgres: PostgresServer;

  beforeAll(async () => {
    postgres = await createPostgres();
    await postgres.start();
  });
  afterAll(() => postgres.remove());

  test("A5: of many at the same time one does the work, the others wait for it, and none fails", async () => {
    const clients = Array.from({ length: 8 }, () => new pg.Client({ connectionString: postgres.url }));
    onTestFinished(async () => {
      await Promise.all(clients.map((client) => client.end()));
    });
    await Promise.all(clients.map((client) => client.connect()));
    const applied = await Promise.all(clients.map(migrate));
    expect(applied.flat()).toEqual([
      "create users",
      "remember idempotency keys",
      "compare the domains of emails without regard to case",
    ]);
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
  });

  test("A5: a schema of a newer version of this program is left alone", async () => {
    await postgres.sql("INSERT INTO cloudy_migrations (id, name) VALUES (1000, 'from the future')");
    const client = new pg.Client({ connectionString: postgres.url });
    onTestFinished(() => client.end());
    await client.connect();
    expect(await migrate(client)).toEqual([]);
  });
});
