import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import { createPostgres } from "../test/postgres-server.ts";

/** Sent to the parent once PostgreSQL takes sessions. */
export interface SessionUp {
  readonly databaseUrl: string;
}

/** Requests of somebody who has pressed Ctrl-C are not worth a long wait. */
const SHUTDOWN_SECONDS = "2";

/** For root alone: PostgreSQL refuses to run as root. */
const CLOSED = `Error: PostgreSQL runs as "nobody" when you are root, but that user is not let into the folder of this repository.
Put the repository where every user may read it (not below /root), or run this as another user.`;

const disconnected = once(process, "disconnect");
const directory = await mkdtemp(join(os.tmpdir(), "cloudy-dev-api-"));
try {
  // PostgreSQL runs as somebody else, who must get through to its own folder in there.
  await chmod(directory, 0o711);
  process.env["TMPDIR"] = directory;
  await withPostgres(serve);
} catch (error) {
  console.error(isClosed(error) ? CLOSED : error);
} finally {
  await rm(directory, { recursive: true, force: true });
}
process.exit(process.connected ? 1 : 0);

async function withPostgres(use: (databaseUrl: string) => Promise<void>): Promise<void> {
  const postgres = await createPostgres();
  try {
    await postgres.start();
    // All of it may have been given up by now.
    if (process.connected) await use(postgres.url);
  } finally {
    await postgres.stop("fast");
    await postgres.remove();
  }
}

/** Until the parent lets go, or the API cannot be watched any more. */
async function serve(databaseUrl: string): Promise<void> {
  const [port = ""] = process.argv.slice(2);
  const server = join(import.meta.dirname, "../src/server.ts");
  const api = spawn(process.execPath, ["--watch", "--watch-preserve-output", server], {
    stdio: ["ignore", "inherit", "inherit"],
    // One process: it starts quicker, and a debugger finds it.
    env: { ...process.env, HOST: "127.0.0.1", PORT: port, PROCESSES: "1", SHUTDOWN_SECONDS, DATABASE_URL: databaseUrl },
  });
  const exited = once(api, "exit");
  process.send?.({ databaseUrl } satisfies SessionUp);
  await Promise.race([disconnected, exited]);
  if (process.connected) console.error("The process that watches the API was ended from outside, so all of it ends.");
  api.kill("SIGTERM");
  await exited;
}

function isClosed(error: unknown): boolean {
  return process.getuid?.() === 0 && error instanceof Error && "code" in error && error.code === "EACCES";
}
