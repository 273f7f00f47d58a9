import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import os from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort, type PostgresServer, UNPRIVILEGED } from "./postgres-server.ts";

/** Another one than Debian's: PGBOUNCER_PATH=<file>. Undefined where there is none. */
export const pgbouncerPath = [process.env["PGBOUNCER_PATH"], "/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].find(
  (path) => path !== undefined && existsSync(path),
);

/** From 1.21 on it can prepare named statements in each session that needs them; older ones refuse the setting. */
export const isTrackingStatements = pgbouncerPath !== undefined && minorVersion(pgbouncerPath) >= 21;

/** A real PgBouncer before a PostgreSQL. */
export interface PgBouncer {
  readonly url: string;
  start(): Promise<void>;
  /** At once: clients are cut off. */
  stop(): Promise<void>;
  remove(): Promise<void>;
}

/** `settings` go into its section `[pgbouncer]`. */
export async function createPgBouncer(
  postgres: PostgresServer,
  settings: Readonly<Record<string, string | number>>,
): Promise<PgBouncer> {
  const path = pgbouncerPath;
  if (path === undefined) throw new Error("There is no PgBouncer: install it, or set PGBOUNCER_PATH.");
  const directory = await mkdtemp(join(os.tmpdir(), "cloudy-pgbouncer-"));
  const port = await freePort();
  const [configuration, users] = [join(directory, "pgbouncer.ini"), join(directory, "users.txt")];
  const section = {
    listen_addr: "127.0.0.1",
    listen_port: port,
    unix_socket_dir: "",
    auth_type: "scram-sha-256",
    auth_file: users,
    // So that a PostgreSQL that is back is found soon.
    server_login_retry: 1,
    ...settings,
  };
  const lines = Object.entries(section).map(([name, value]) => `${name} = ${value}`);
  const database = `* = host=127.0.0.1 port=${postgres.port}`;
  await writeFile(configuration, ["[databases]", database, "[pgbouncer]", ...lines, ""].join("\n"));
  await writeFile(users, `"postgres" "${postgres.password}"\n`);
  for (const file of [directory, configuration, users]) {
    await chown(file, UNPRIVILEGED.uid ?? -1, UNPRIVILEGED.gid ?? -1);
  }
  let child: ChildProcess | undefined;

  const stop = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  return {
    url: `postgresql://postgres:${postgres.password}@127.0.0.1:${port}/postgres`,
    start: async () => {
      child = spawn(path, ["-q", configuration], { ...UNPRIVILEGED, stdio: "ignore" });
      const deadline_ms = Date.now() + 10_000;
      while (Date.now() < deadline_ms && child.exitCode === null) {
        if (await accepts(port)) return;
        await delay(20);
      }
      throw new Error(`PgBouncer did not come up on port ${port}.`);
    },
    stop,
    remove: async () => {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function minorVersion(path: string): number {
  const { stdout } = spawnSync(path, ["--version"], { ...UNPRIVILEGED, encoding: "utf8" });
  return Number(/PgBouncer 1\.(\d+)/.exec(stdout)?.[1] ?? 0);
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
