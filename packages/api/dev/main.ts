import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EXIT_INTERRUPTED, endWith, messageOf, numberOf, parseOptions, UserError } from "@cloudy/command-line";
import type { SessionUp } from "./session.ts";

const PORT_DEFAULT = 8080;
const READY_POLL_MS = 300;

const USAGE = `Usage: pnpm dev:api [options]

Runs the API from its sources, with an empty PostgreSQL of its own, and starts it again whenever a source changes.
Ctrl-C ends both and removes the database.

Options:
  --port N   port of loopback, 0 for any free one (default: ${PORT_DEFAULT})
  --help     this text

The API's other settings (packages/api/README.md) are taken from the environment: LOG_LEVEL=warn pnpm dev:api`;

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), {
    port: { type: "string" },
    help: { type: "boolean", short: "h" },
  });
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  return runSession(await freePort(options.port === undefined ? PORT_DEFAULT : portOf(options.port)));
}

function portOf(text: string): number {
  const port = numberOf("port", text, 0, 65_535);
  if (!Number.isInteger(port)) throw new UserError(`[--port] ${text} is not a whole number.`);
  return port;
}

/** The port itself, or what the system chose for 0. The API would only say that it is taken once PostgreSQL is there. */
async function freePort(wanted: number): Promise<number> {
  const server = createServer();
  try {
    server.listen(wanted, "127.0.0.1");
    await once(server, "listening");
  } catch (cause) {
    throw new UserError(`[--port] ${wanted} cannot be had: ${messageOf(cause)}. Give another one; 0 is any free one.`, {
      cause,
    });
  }
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : wanted;
}

async function runSession(port: number): Promise<number> {
  console.log("Starting PostgreSQL and the API.");
  // Ctrl-C reaches all processes of a terminal at once, PostgreSQL as well, while the API still needs it: so they are in a
  // session of their own. They end when the channel to this process does, however this process ends.
  const session = fork(join(import.meta.dirname, "session.ts"), [`${port}`], { detached: true });
  let isEnding = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (isEnding) return;
      isEnding = true;
      console.log("\nEnding: stops the API and removes the database.");
      if (session.connected) session.disconnect();
    });
  }
  session.once("message", async ({ databaseUrl }: SessionUp) => {
    const url = `http://127.0.0.1:${port}`;
    // Readiness last: the API logs each time that it had to deny it.
    for (const path of ["/healthz", "/readyz"]) await untilOk(session, `${url}${path}`);
    if (!isEnding) console.log(announcement(url, databaseUrl));
  });
  const [code] = await once(session, "exit");
  return isEnding ? EXIT_INTERRUPTED : (code ?? 1);
}

/** However long it takes: a source that does not compile is for the user to repair, and the API starts then. */
async function untilOk(session: ChildProcess, url: string): Promise<void> {
  // A connection that is kept would hold up the API's first restart.
  const isOk = () =>
    fetch(url, { headers: { connection: "close" } }).then(
      ({ ok }) => ok,
      () => false,
    );
  do await delay(READY_POLL_MS);
  while (session.connected && !(await isOk()));
}

function announcement(url: string, databaseUrl: string): string {
  return `
The API is up, and starts again whenever a source changes.

  API       ${url}
  docs      ${url}/docs
  database  ${databaseUrl}

Try:
  curl ${url}/readyz
  curl -X POST -H 'content-type: application/json' -d '{"username":"demo","email":"demo@example.com"}' ${url}/users
  curl ${url}/users
  curl ${url}/load

Ctrl-C ends it and removes the database.
`;
}

endWith(main());
