import pg from "pg";

// Runs as the operating system user of the agent, who alone may be PostgreSQL's superuser (over the unix socket).
// Checks every table and every index of every database, and prints one JSON line.

interface Verification {
  readonly tables: number;
  readonly indexes: number;
  readonly checksumFailures: number;
  readonly faults: readonly string[];
}

const HEAPS = `SELECT oid::regclass::text AS name FROM pg_class WHERE relkind IN ('r','m','t') AND relpersistence = 'p'`;
const INDEXES = `SELECT i.indexrelid::regclass::text AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'btree' AND c.relpersistence = 'p' AND i.indisvalid AND i.indisready`;

async function main(host: string, port: number): Promise<Verification> {
  const found = { tables: 0, indexes: 0, faults: [] as string[] };
  const databases = await inDatabase(host, port, "postgres", async (client) => {
    const { rows } = await client.query<{ name: string }>("SELECT datname AS name FROM pg_database WHERE datallowconn");
    return rows.map(({ name }) => name);
  });
  for (const database of databases.filter((name) => name !== "template0")) {
    await inDatabase(host, port, database, async (client) => {
      await client.query("CREATE EXTENSION IF NOT EXISTS amcheck");
      for (const { name } of (await client.query<{ name: string }>(HEAPS)).rows) {
        found.tables += 1;
        const { rows } = await client.query<{ msg: string }>("SELECT msg FROM verify_heapam($1::regclass)", [name]);
        for (const { msg } of rows) found.faults.push(`${database}: ${name}: ${msg}`);
      }
      for (const { name } of (await client.query<{ name: string }>(INDEXES)).rows) {
        found.indexes += 1;
        await client.query("SELECT bt_index_parent_check($1::regclass, true, true)", [name]).catch((error: Error) => {
          found.faults.push(`${database}: ${name}: ${error.message}`);
        });
      }
    });
  }
  const checksumFailures = await inDatabase(host, port, "postgres", async (client) => {
    const query = "SELECT coalesce(sum(checksum_failures), -1)::int AS sum FROM pg_stat_database";
    return (await client.query<{ sum: number }>(query)).rows[0]?.sum ?? -1;
  });
  return { ...found, checksumFailures };
}

async function inDatabase<Result>(
  host: string,
  port: number,
  database: string,
  use: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ host, port, database, user: "postgres", application_name: "cloudy-chaos" });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const [host = "", port = ""] = process.argv.slice(2);
console.log(JSON.stringify(await main(host, Number(port))));
