import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { API_FLAGS } from "@cloudy/bundle/api-flags.ts";
import { aborted } from "@cloudy/command-line";
import { bundleApi } from "./api-bundle.ts";
import { ANSWER_PATIENCE_MS, TABLE_ROWS } from "./constants.ts";
import { type Driver, startDriver } from "./driver-process.ts";
import { Part } from "./part.ts";
import { type Cores, pinned, pinnedInTurns } from "./pinning.ts";
import { createPostgres, type Postgres } from "./postgres.ts";
import type { Process } from "./process.ts";
import { REFERENCE } from "./reference.ts";
import type { Peer, Row } from "./rows.ts";
import { answerOf, type Server, startServer } from "./server.ts";

type Servers = Readonly<Partial<Record<Peer, Part<Server>>>>;

/** Everything that takes part in a run. */
export interface Stage {
  readonly cores: Cores;
  readonly postgres: Part<Postgres>;
  /** By the number of cores they have. */
  readonly servers: Readonly<Record<Row["cores"], Servers>>;
  readonly drivers: Readonly<Record<"generator" | Extract<Peer, "pg" | "loop">, Part<Driver>>>;
  /** Rejects when the run is given up. */
  readonly interrupted: Promise<never>;
  close(): Promise<void>;
}

/** `python` has the stack of the reference; undefined leaves it out. */
export async function setStage(cores: Cores, python: string | undefined, signal: AbortSignal): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), "cloudy-bench-"));
  // PostgreSQL runs as somebody else, who must get through to its own directory in there.
  await chmod(directory, 0o711);
  const parts: Part<{ readonly process: Process }>[] = [];
  const keep = async <Kept extends { readonly process: Process }>(start: () => Promise<Kept>): Promise<Part<Kept>> => {
    const part = await Part.start(start);
    parts.push(part);
    return part;
  };
  const close = async () => {
    // The database last: it would be missed by those who still use it.
    for (const part of parts.toReversed()) await part.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const [postgres, bundle] = await Promise.all([
      createPostgres(join(directory, "postgres"), cores.one, signal).then(keep),
      bundleApi(join(directory, "api")),
    ]);
    const databaseUrl = postgres.current.url;
    const serversOn = async (pin: typeof pinned, onCores: readonly number[], peers: readonly Peer[]) => {
      const commands = commandsOf(bundle, python);
      const servers: Partial<Record<Peer, Part<Server>>> = {};
      for (const peer of peers) {
        const command = commands[peer];
        if (command === undefined) continue;
        const { name, file, args, readyPath, endSignal } = command;
        const start = { name, command: pin(onCores, file, args), readyPath, endSignal, databaseUrl };
        servers[peer] = await keep(() => startServer(start, signal));
      }
      return servers;
    };
    const node = (script: string, pin: typeof pinned, onCores: readonly number[]) =>
      pin(onCores, process.execPath, [pathOf(script)]);
    const servers = {
      one: await serversOn(pinnedInTurns, cores.one, ["cloudy", "express", "flask", "http-pg", "node:http"]),
      two: await serversOn(pinned, cores.two, ["cloudy", "express", "flask"]),
    };
    const driver = (name: string, command: ReturnType<typeof node>) => keep(async () => startDriver(name, command));
    const drivers = {
      generator: await driver("The load generator", node("./generator.ts", pinned, cores.generator)),
      pg: await driver("Bare pg", node("./peers/bare-pg.ts", pinnedInTurns, cores.one)),
      loop: await driver("The bare loop", node("./peers/bare-loop.ts", pinned, cores.two)),
    };
    await seed(postgres.current);
    const interrupted = aborted(signal);
    interrupted.catch(() => {});
    return { cores, postgres, servers, drivers, interrupted, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The server that is this peer in this row; undefined for those who are none. */
export function serverOf({ servers }: Stage, row: Row, peer: Peer): Part<Server> | undefined {
  return servers[row.cores][peer];
}

/** Who drives the load of this peer. */
export function driverOf({ drivers }: Stage, peer: Peer): Part<Driver> {
  return peer === "pg" || peer === "loop" ? drivers[peer] : drivers.generator;
}

/** Starts anew who is dead or does not answer, of those who take part in this row of this peer. */
export async function heal(stage: Stage, row: Row, peer: Peer): Promise<void> {
  await healServer(stage, row, peer);
  // It may still be busy with the window that failed.
  await driverOf(stage, peer).restart();
}

/** The same of the database and this server alone. */
export async function healServer(stage: Stage, row: Row, peer: Peer): Promise<void> {
  await stage.postgres.restartUnless(async ({ sql }) => (await sql("SELECT 1")).length === 1);
  await serverOf(stage, row, peer)?.restartUnless((server) => answerOf(server, ANSWER_PATIENCE_MS));
}

interface ServerCommand {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Answers 200 as soon as the server can do its work. */
  readonly readyPath: string;
  readonly endSignal?: NodeJS.Signals;
}

function commandsOf(bundle: string, python: string | undefined): Readonly<Partial<Record<Peer, ServerCommand>>> {
  const node = (name: string, args: readonly string[], readyPath: string): ServerCommand => ({
    name,
    file: process.execPath,
    args,
    readyPath,
  });
  return {
    cloudy: node("Cloudy's API", [...API_FLAGS, bundle], "/readyz"),
    express: node("Express", [pathOf("./peers/express.ts")], "/healthz"),
    "http-pg": node("node:http with pg", [pathOf("./peers/http-pg.ts")], "/healthz"),
    "node:http": node("node:http", [pathOf("./peers/node-http.ts")], "/"),
    ...(python === undefined
      ? {}
      : {
          flask: {
            name: "gunicorn",
            file: python,
            args: ["-m", "gunicorn", "--chdir", REFERENCE, "app:app"],
            readyPath: "/",
            // SIGTERM waits for calculations that nobody is interested in any more.
            endSignal: "SIGQUIT",
          },
        }),
  };
}

function pathOf(script: string): string {
  return fileURLToPath(new URL(script, import.meta.url));
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
