import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildBundle } from "../../../infra/bundle.ts";
import { API_FLAGS } from "../../../infra/web-boot.ts";
import { POOL_CONNECTIONS, TABLE_ROWS } from "./constants.ts";
import { type Driver, startDriver } from "./driver-process.ts";
import { freePort } from "./free-port.ts";
import { type Command, type Cores, pinned, pinnedInTurns } from "./pinning.ts";
import { type Postgres, startPostgres } from "./postgres.ts";
import { type Process, startProcess, untilReady } from "./process.ts";
import type { Peer, Row } from "./rows.ts";

/** A server that is measured. */
export interface Server {
  readonly url: string;
  readonly process: Process;
}

/** Everything that takes part in a run. */
export interface Stage {
  readonly cores: Cores;
  readonly postgres: Postgres;
  /** By the number of cores they have. */
  readonly servers: Readonly<Record<Row["cores"], Partial<Readonly<Record<Peer, Server>>>>>;
  readonly drivers: Readonly<Record<"generator" | Extract<Peer, "pg" | "loop">, Driver>>;
  /** Rejects when any of its processes ends, or when the run is given up. */
  readonly ended: Promise<never>;
  close(): Promise<void>;
}

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

export async function setStage(cores: Cores, signal: AbortSignal): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), "cloudy-bench-"));
  // PostgreSQL runs as somebody else, who must get through to its own directory in there.
  await chmod(directory, 0o711);
  const processes: Process[] = [];
  const keep = <Kept extends { readonly process: Process }>(kept: Kept): Kept => {
    processes.push(kept.process);
    return kept;
  };
  const close = async () => {
    // The database last: it would be missed by those who still use it.
    for (const process of processes.toReversed()) await process.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const [postgres, bundle] = await Promise.all([
      startPostgres(join(directory, "postgres"), cores.one, signal).then(keep),
      bundleApi(join(directory, "api")),
    ]);
    const onOne = (file: string, args: readonly string[]) => pinnedInTurns(cores.one, file, args);
    const onTwo = (file: string, args: readonly string[]) => pinned(cores.two, file, args);
    const start = async (name: string, command: Command, readyPath: string) =>
      keep(await startServer(name, command, readyPath, postgres.url, signal));
    const cloudy = (on: typeof onOne) => start("Cloudy's API", on(process.execPath, [...API_FLAGS, bundle]), "/readyz");
    const other = (name: string, script: string, on: typeof onOne) =>
      start(name, on(process.execPath, [fileURLToPath(new URL(script, import.meta.url))]), "/healthz");
    const servers = {
      one: {
        cloudy: await cloudy(onOne),
        express: await other("Express", "./peers/express.ts", onOne),
        "http-pg": await other("node:http with pg", "./peers/http-pg.ts", onOne),
        "node:http": await other("node:http", "./peers/node-http.ts", onOne),
      },
      two: { cloudy: await cloudy(onTwo), express: await other("Express", "./peers/express.ts", onTwo) },
    };
    const drivers = {
      generator: keep(
        startDriver("The load generator", "./generator.ts", (file, args) => pinned(cores.generator, file, args)),
      ),
      pg: keep(startDriver("Bare pg", "./peers/bare-pg.ts", onOne)),
      loop: keep(startDriver("The bare loop", "./peers/bare-loop.ts", onTwo)),
    };
    await seed(postgres);
    const ended = Promise.race([...processes.map((process) => process.died), aborted(signal)]);
    ended.catch(() => {});
    return { cores, postgres, servers, drivers, ended, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The server that is this peer in this row; undefined for those who are none. */
export function serverOf({ servers }: Stage, row: Row, peer: Peer): Server | undefined {
  return servers[row.cores][peer];
}

/** The API as an instance gets it: the very bundle that is deployed. */
async function bundleApi(directory: string): Promise<string> {
  const { path } = await buildBundle(ROOT, "api", "tar.gz", directory);
  const unpacked = join(directory, "unpacked");
  await mkdir(unpacked);
  await promisify(execFile)("tar", ["-xzf", path, "-C", unpacked]);
  return join(unpacked, "server.mjs");
}

async function startServer(
  name: string,
  [file, args]: Command,
  readyPath: string,
  databaseUrl: string,
  signal: AbortSignal,
): Promise<Server> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    HOST: "127.0.0.1",
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    DATABASE_CONNECTIONS: String(POOL_CONNECTIONS),
  };
  const server = startProcess(name, file, args, { env });
  try {
    await untilReady(server, async () => (await fetch(`${url}${readyPath}`)).ok, signal);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { url, process: server };
}

/** The API has made the table by then. */
async function seed(postgres: Postgres): Promise<void> {
  await postgres.sql(
    `INSERT INTO users (username, email)
     SELECT 'user' || lpad(n::text, 6, '0'), 'user' || lpad(n::text, 6, '0') || '@example.com'
     FROM generate_series(1, $1) AS n`,
    [TABLE_ROWS],
  );
  await postgres.sql("VACUUM ANALYZE users");
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
