import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { API_FLAGS } from "@cloudy/bundle/api-flags.ts";
import { buildBundle } from "@cloudy/bundle/bundle.ts";
import { aborted } from "@cloudy/command-line";
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
  readonly servers: {
    readonly one: Readonly<Record<"cloudy" | "express" | "http-pg" | "node:http", Server>>;
    readonly two: Readonly<Record<"cloudy" | "express", Server>>;
  };
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
    const onOne = (...args: readonly string[]) => pinnedInTurns(cores.one, process.execPath, args);
    const onTwo = (...args: readonly string[]) => pinned(cores.two, process.execPath, args);
    const start = async (name: string, command: Command, readyPath: string) =>
      keep(await startServer(name, command, readyPath, postgres.url, signal));
    const api = [...API_FLAGS, bundle];
    const express = pathOf("./peers/express.ts");
    const generator = pinned(cores.generator, process.execPath, [pathOf("./generator.ts")]);
    const servers = {
      one: {
        cloudy: await start("Cloudy's API", onOne(...api), "/readyz"),
        express: await start("Express", onOne(express), "/healthz"),
        "http-pg": await start("node:http with pg", onOne(pathOf("./peers/http-pg.ts")), "/healthz"),
        "node:http": await start("node:http", onOne(pathOf("./peers/node-http.ts")), "/"),
      },
      two: {
        cloudy: await start("Cloudy's API", onTwo(...api), "/readyz"),
        express: await start("Express", onTwo(express), "/healthz"),
      },
    };
    const drivers = {
      generator: keep(startDriver("The load generator", generator)),
      pg: keep(startDriver("Bare pg", onOne(pathOf("./peers/bare-pg.ts")))),
      loop: keep(startDriver("The bare loop", onTwo(pathOf("./peers/bare-loop.ts")))),
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
export function serverOf(stage: Stage, row: Row, peer: Peer): Server | undefined {
  const servers: Readonly<Partial<Record<Peer, Server>>> = stage.servers[row.cores];
  return servers[peer];
}

function pathOf(script: string): string {
  return fileURLToPath(new URL(script, import.meta.url));
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
