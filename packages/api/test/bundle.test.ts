import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, get } from "node:http";
import os from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { createPostgres, type PostgresServer } from "./postgres-server.ts";

const PACKAGE = join(import.meta.dirname, "..");
/** Seconds of work: the largest prime below 2^53. */
const HARD = "9007199254740881";

/** With the package's own script, as the Dockerfile does. */
async function bundle(outdir: string): Promise<void> {
  await promisify(execFile)("npm", ["run", "bundle", "--", `--outdir=${outdir}`], { cwd: PACKAGE });
}

interface Running {
  readonly url: string;
  readonly child: ChildProcessWithoutNullStreams;
  readonly exited: Promise<number | null>;
  log(): string;
}

describe("the bundle under plain node", () => {
  let directory: string;
  let postgres: PostgresServer;

  beforeAll(async () => {
    directory = await mkdtemp(join(os.tmpdir(), "cloudy-api-bundle-"));
    [postgres] = await Promise.all([createPostgres(), bundle(directory)]);
    await postgres.start();
  });
  afterAll(async () => {
    await postgres.remove();
    await rm(directory, { recursive: true, force: true });
  });

  const spawnServer = (environment: Record<string, string>) => {
    const child = spawn(process.execPath, ["server.mjs"], {
      cwd: directory,
      env: { PATH: process.env.PATH, HOST: "127.0.0.1", PORT: "0", ...environment },
    });
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    let log = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        log += chunk;
      });
    }
    const exited = once(child, "close").then(([code]) => code as number | null);
    return { child, exited, log: () => log };
  };
  const start = async (environment: Record<string, string>): Promise<Running> => {
    const process = spawnServer(environment);
    const url = await vi.waitFor(
      () => {
        const found = /Server listening at (http:[^"]+)"/.exec(process.log())?.[1];
        if (found === undefined) throw new Error(`Not listening: ${process.log()}`);
        return found;
      },
      { timeout: 10_000, interval: 20 },
    );
    return { ...process, url };
  };

  test("serves the database and calculations, and logs neither emails nor the password", async () => {
    const server = await start({ DATABASE_URL: postgres.url, LOG_LEVEL: "trace", HOSTNAME: "web-7" });
    expect(await (await fetch(`${server.url}/`)).json()).toEqual({ hostname: "web-7" });
    await vi.waitFor(async () => expect((await fetch(`${server.url}/readyz`)).status).toBe(200), { timeout: 10_000 });
    const add = () =>
      fetch(`${server.url}/users`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ username: "demo", email: "demo@example.com" }),
      });
    expect([(await add()).status, (await add()).status]).toEqual([201, 409]);
    expect(await (await fetch(`${server.url}/users`)).json()).toMatchObject([{ username: "demo" }]);
    expect(await (await fetch(`${server.url}/load`)).json()).toMatchObject({ isPrime: true, number: 112272535095293 });
    server.child.kill("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(server.log()).not.toContain("demo@example.com");
    expect(server.log()).not.toContain(postgres.password);
  });

  test("A6: SIGTERM finishes requests under way, closes kept-alive connections and ends with 0", async () => {
    const server = await start({ DATABASE_URL: postgres.url });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const request = (path: string) =>
      new Promise<{ status: number | undefined; connection: string | undefined }>((resolve, reject) => {
        get(`${server.url}${path}`, { agent }, (response) => {
          response.resume();
          response.on("end", () => resolve({ status: response.statusCode, connection: response.headers.connection }));
        }).on("error", reject);
      });
    expect((await request("/")).connection).toBe("keep-alive");
    const underWay = request(`/load?number=${HARD}`);
    await vi.waitFor(async () => expect((await fetch(`${server.url}/healthz`)).status).toBe(200));
    server.child.kill("SIGTERM");
    expect(await underWay).toEqual({ status: 200, connection: "close" });
    expect(await server.exited).toBe(0);
  });

  test("A6: clients that keep their connections lose no request to a shutdown", async () => {
    const server = await start({ DATABASE_URL: postgres.url });
    const agent = new Agent({ keepAlive: true, maxSockets: 64 });
    onTestFinished(() => agent.destroy());
    const ask = () =>
      new Promise<string>((resolve) => {
        get(server.url, { agent }, (response) => {
          response.resume();
          response.on("end", () => resolve(String(response.statusCode)));
        }).on("error", (error: NodeJS.ErrnoException) => resolve(String(error.code)));
      });
    const outcomes: string[] = [];
    // Pauses of all lengths, so that at the moment of the signal requests are at every stage of their way.
    const client = async (id: number) => {
      for (let n = 0; outcomes.at(-1) !== "ECONNREFUSED" && server.child.exitCode === null; n += 1) {
        outcomes.push(await ask());
        await delay((id * 7 + n * 3) % 13);
      }
    };
    const clients = Array.from({ length: 64 }, (_, id) => client(id));
    await vi.waitFor(() => expect(outcomes.length).toBeGreaterThan(500), { timeout: 20_000 });
    server.child.kill("SIGTERM");
    await Promise.all(clients);
    // A refused connection carried no request.
    expect([...new Set(outcomes)].sort()).toEqual(["200", "ECONNREFUSED"]);
    expect(await server.exited).toBe(0);
  });

  test("A6: what cannot end within SHUTDOWN_SECONDS is answered with 503", async () => {
    const server = await start({ DATABASE_URL: postgres.url, SHUTDOWN_SECONDS: "2", LOAD_QUEUE: "100" });
    const answers = Array.from({ length: 20 }, () => fetch(`${server.url}/load?number=${HARD}`));
    await Promise.race(answers);
    server.child.kill("SIGTERM");
    const statuses = (await Promise.all(answers)).map((answer) => answer.status);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    expect(await server.exited).toBe(0);
  });

  test("wrong settings are one message on stderr and exit code 1", async () => {
    const server = spawnServer({ PORT: "http" });
    expect(await server.exited).toBe(1);
    expect(server.log()).toBe(
      'PORT is "http": give a whole number from 0 to 65535.\n' +
        "No database is named: set DATABASE_URL, or SECRET_ID with SECRET_REGION.\n",
    );
  });

  test("a port in use is one message and exit code 1", async () => {
    const first = await start({ DATABASE_URL: postgres.url });
    const second = spawnServer({ DATABASE_URL: postgres.url, PORT: new URL(first.url).port });
    expect(await second.exited).toBe(1);
    expect(second.log()).toMatch(/Cannot start on HOST=127\.0\.0\.1 PORT=\d+: listen EADDRINUSE/);
  });
});
