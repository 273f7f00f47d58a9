import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { createPostgres, type PostgresServer } from "./postgres-server.ts";

const SERVER = join(import.meta.dirname, "../src/server.ts");
/** Seconds of work: the largest prime below 2^53. */
const HARD = "9007199254740881";

interface Running {
  readonly url: string;
  readonly child: ChildProcessWithoutNullStreams & { readonly pid: number };
  readonly exited: Promise<number | null>;
  log(): string;
  /** Ids of the processes that answer. */
  workers(): readonly number[];
}

function spawnServer(environment: Record<string, string>) {
  const child = spawn(process.execPath, [SERVER], {
    env: { PATH: process.env["PATH"], HOST: "127.0.0.1", PORT: "0", PROCESSES: "2", ...environment },
    // A group of its own, as systemd's control group is one.
    detached: true,
  });
  if (child.pid === undefined) throw new Error("The server did not start.");
  const { pid } = child;
  onTestFinished(() => {
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // All of them have ended.
    }
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      log += chunk;
    });
  }
  const exited = once(child, "close").then(([code]) => code as number | null);
  const workers = () =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  return { child: Object.assign(child, { pid }), exited, log: () => log, workers };
}

/** Resolves when all of two processes listen. */
async function start(environment: Record<string, string>): Promise<Running> {
  const server = spawnServer(environment);
  const url = await untilListening(server);
  await vi.waitFor(() => expect(answering(server)).toBe(2), { timeout: 20_000, interval: 20 });
  return { ...server, url };
}

function untilListening(server: { log(): string }): Promise<string> {
  return vi.waitFor(
    () => {
      const found = /Server listening at (http:[^"]+)"/.exec(server.log())?.[1];
      if (found === undefined) throw new Error(`Not listening: ${server.log()}`);
      return found;
    },
    { timeout: 20_000, interval: 20 },
  );
}

function answering(server: { log(): string }): number {
  return server.log().match(/answers now/g)?.length ?? 0;
}

/** Whether it runs; one that has ended and was not asked how does not. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** The answer's status, over the agent's connections; the error's code when there was none. */
function ask(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    get(url, { agent }, (response) => {
      response.resume();
      response.on("end", () => resolve(String(response.statusCode)));
      response.on("error", (error: NodeJS.ErrnoException) => resolve(`cut: ${error.code}`));
    }).on("error", (error: NodeJS.ErrnoException) => resolve(String(error.code)));
  });
}

describe.runIf(process.platform === "linux")("several processes", () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await createPostgres();
    await postgres.start();
  });
  afterAll(() => postgres.remove());

  test("W5, A6: they share connections, calculations, limits and metrics of one instance", async () => {
    const server = await start({
      DATABASE_URL: postgres.url,
      DATABASE_CONNECTIONS: "3",
      LOAD_WORKERS: "1",
      LOAD_QUEUE: "1",
      METRICS_PORT: "0",
      REQUESTS_PER_MINUTE: "60",
      PROXIES: "1",
    });
    expect(server.workers()).toHaveLength(2);
    const client = (address: string) => ({ headers: { "x-forwarded-for": address, connection: "close" } });
    const statuses = async (path: string, count: number, address: string) => {
      const answers = Array.from({ length: count }, () => fetch(`${server.url}${path}`, client(address)));
      return (await Promise.all(answers)).map(({ status }) => status).sort();
    };
    await vi.waitFor(async () => expect((await fetch(`${server.url}/readyz`)).status).toBe(200), { timeout: 15_000 });

    // Each request has a connection of its own, so they go to both processes in turn.
    const limited = await statuses("/", 70, "198.51.100.1");
    expect(limited.filter((status) => status === 200)).toHaveLength(60);
    expect(limited.filter((status) => status === 429)).toHaveLength(10);
    expect(await statuses("/", 1, "198.51.100.2")).toEqual([200]);

    // One thread and one place in the queue, wherever a request arrives.
    expect(await statuses(`/load?number=${HARD}`, 4, "198.51.100.3")).toEqual([200, 200, 503, 503]);

    expect(await statuses("/users", 50, "198.51.100.4")).toEqual(Array(50).fill(200));
    expect(await connectionsTo(postgres)).toBe(3);

    const metricsUrl = /Metrics at (http:[^"]+)"/.exec(server.log())?.[1] ?? "";
    const response = await fetch(metricsUrl);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    const value = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
    const requests = (route: string, status: number) =>
      value(`http_request_duration_seconds_count\\{method="GET",route="${route}",status="${status}"\\}`);
    expect([requests("/", 200), requests("/", 429), requests("/users", 200)]).toEqual([61, 10, 50]);
    expect([requests("/load", 200), requests("/load", 503)]).toEqual([2, 2]);
    expect(value('cloudy_database_connections\\{state="idle"\\}')).toBe(3);
    expect(value('cloudy_load_calculations\\{state="running"\\}')).toBe(0);
    expect(text.match(/^cloudy_load_calculations\{/gm)).toHaveLength(2);

    server.child.kill("SIGTERM");
    expect(await server.exited).toBe(0);
    for (const line of server.log().trim().split("\n"))
      expect(JSON.parse(line)).toMatchObject({ pid: expect.any(Number) });
  }, 60_000);

  test.each([
    ["the primary alone", false],
    ["all of them, as systemd does", true],
  ])("A6: a signal to %s loses no request of kept connections", async (_who, isForAll) => {
    const server = await start({ DATABASE_URL: postgres.url });
    const agent = new Agent({ keepAlive: true, maxSockets: 64 });
    onTestFinished(() => agent.destroy());
    const underWay = ask(`${server.url}/load?number=${HARD}`, new Agent());
    const outcomes: string[] = [];
    // Pauses of all lengths, so that at the moment of the signal requests are at every stage of their way.
    const client = async (id: number) => {
      for (let n = 0; outcomes.at(-1) !== "ECONNREFUSED" && server.child.exitCode === null; n += 1) {
        outcomes.push(await ask(server.url, agent));
        await delay((id * 7 + n * 3) % 13);
      }
    };
    const clients = Array.from({ length: 64 }, (_, id) => client(id));
    await vi.waitFor(() => expect(outcomes.length).toBeGreaterThan(500), { timeout: 20_000 });
    process.kill(isForAll ? -server.child.pid : server.child.pid, "SIGTERM");
    await Promise.all(clients);
    // A refused connection carried no request.
    expect([...new Set(outcomes)].sort()).toEqual(["200", "ECONNREFUSED"]);
    expect(await underWay).toBe("200");
    expect(await server.exited).toBe(0);
  });

  test("A6: one that dies is replaced, one that is asked to end finishes first, and the service goes on", async () => {
    const server = await start({ DATABASE_URL: postgres.url });
    const [first = 0, second = 0] = server.workers();
    process.kill(first, "SIGKILL");
    await vi.waitFor(() =>
      expect(server.log()).toContain(`process ${first} ended with SIGKILL; another one is started`),
    );
    // A new one that has not reached the database yet gets no connections while the other one has.
    const statuses = new Set<number>();
    const untilReplaced = async () => {
      for (let more = 50; more > 0; more -= answering(server) < 3 ? 0 : 1) {
        const answer = await fetch(`${server.url}/users`, { headers: { connection: "close" } });
        await answer.body?.cancel();
        statuses.add(answer.status);
      }
    };
    await Promise.all([1, 2, 3, 4].map(untilReplaced));
    expect([...statuses]).toEqual([200]);

    process.kill(second, "SIGTERM");
    await vi.waitFor(() => expect(server.log()).toContain(`process ${second} ended with exit code 0`), {
      timeout: 10_000,
    });
    await vi.waitFor(() => expect(answering(server)).toBe(4), { timeout: 20_000 });
    expect(server.workers()).toHaveLength(2);
    expect(server.workers()).not.toContain(second);
    expect((await fetch(server.url)).status).toBe(200);

    // Without the primary nobody would start, count or end them.
    const left = server.workers();
    server.child.kill("SIGKILL");
    await vi.waitFor(() => expect(left.filter(isAlive)).toEqual([]), { timeout: 5_000 });
  }, 60_000);

  test("A6: one that hangs gets no new connections after two seconds, is killed after ten, and replaced", async () => {
    const server = await start({ DATABASE_URL: postgres.url });
    const [hanging = 0] = server.workers();
    process.kill(hanging, "SIGSTOP");
    await delay(3_500);
    for (let n = 0; n < 6; n += 1) {
      const answer = await fetch(server.url, { headers: { connection: "close" }, signal: AbortSignal.timeout(2_000) });
      expect(answer.status).toBe(200);
    }
    expect(isAlive(hanging)).toBe(true);
    await vi.waitFor(() => expect(isAlive(hanging)).toBe(false), { timeout: 15_000, interval: 100 });
    await vi.waitFor(() => expect(answering(server)).toBe(3), { timeout: 20_000 });
    expect(server.log()).toContain(`process ${hanging} has said nothing`);
    server.child.kill("SIGTERM");
    expect(await server.exited).toBe(0);
  }, 60_000);

  test("A6: what cannot end within SHUTDOWN_SECONDS is answered with 503, and one that hangs makes the end unclean", async () => {
    const server = await start({ DATABASE_URL: postgres.url, SHUTDOWN_SECONDS: "2", LOAD_QUEUE: "100" });
    const answers = Array.from({ length: 20 }, () => fetch(`${server.url}/load?number=${HARD}`));
    await Promise.race(answers);
    server.child.kill("SIGTERM");
    const statuses = (await Promise.all(answers)).map((answer) => answer.status);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    expect(await server.exited).toBe(0);

    const other = await start({ DATABASE_URL: postgres.url, SHUTDOWN_SECONDS: "2" });
    const workers = other.workers();
    process.kill(workers[0] ?? 0, "SIGSTOP");
    other.child.kill("SIGTERM");
    expect(await other.exited).toBe(1);
    await vi.waitFor(() => expect(workers.filter(isAlive)).toEqual([]), { timeout: 5_000 });
  }, 60_000);

  test("what is wrong at the start is one message on stderr and exit code 1", async () => {
    const wrong = spawnServer({ PORT: "http", DATABASE_URL: postgres.url });
    const first = await start({ DATABASE_URL: postgres.url, METRICS_PORT: "0" });
    const metricsPort = /Metrics at http:[^"]+:(\d+)\//.exec(first.log())?.[1] ?? "";
    const sameMetrics = spawnServer({ DATABASE_URL: postgres.url, METRICS_PORT: metricsPort, LOG_LEVEL: "silent" });
    const same = spawnServer({ DATABASE_URL: postgres.url, PORT: new URL(first.url).port, LOG_LEVEL: "silent" });
    expect(await wrong.exited).toBe(1);
    expect(wrong.log()).toBe('PORT is "http": give a whole number from 0 to 65535.\n');
    expect(await same.exited).toBe(1);
    expect(same.log()).toMatch(/^Cannot start on HOST=127\.0\.0\.1 PORT=\d+: (listen|bind) EADDRINUSE[^\n]*\n$/);
    expect(await sameMetrics.exited).toBe(1);
    expect(sameMetrics.log()).toMatch(
      /^Cannot start on METRICS_HOST=127\.0\.0\.1 METRICS_PORT=\d+: listen EADDRINUSE[^\n]*\n$/,
    );
  }, 30_000);

  test("A6: with one there is no other process", async () => {
    const server = spawnServer({ DATABASE_URL: postgres.url, PROCESSES: "1" });
    await untilListening(server);
    expect(server.workers()).toEqual([]);
  });
});

async function connectionsTo(postgres: PostgresServer): Promise<number> {
  const client = new pg.Client(postgres.url);
  await client.connect();
  const { rows } = await client.query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cloudy-api'");
  await client.end();
  return Number(rows[0].count);
}
