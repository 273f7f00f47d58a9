import { once } from "node:events";
import { Agent, get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import autocannon from "autocannon";
import { HEALTH_PAUSE_MS, PATIENCE_MS } from "./constants.ts";
import { serveOrders } from "./driver.ts";
import type { Order, Sample, Task } from "./driver-contract.ts";
import { Pace } from "./pace.ts";
import { percentile } from "./statistics.ts";
import { openWindow } from "./window.ts";

/**
 * The load generator's process: autocannon as a closed loop of connections. Its counts and latencies are taken from its
 * events, within a window of our own: its own report covers the warm-up, too.
 */
type Requests = Extract<Task, { kind: "requests" }>;

/** autocannon looks at its stop flag this often. */
const STOP_POLL_MS = 50;
const HOUR_S = 3600;

async function drive({ task, warmup_ms, window_ms, watched }: Order): Promise<Sample> {
  if (task.kind !== "requests") throw new Error(`The generator was asked for ${task.kind}.`);
  const pace = new Pace(performance.now());
  let latencies: number[] = [];
  const unexpected: Record<string, number> = {};
  const fail = (reason: string) => {
    unexpected[reason] = (unexpected[reason] ?? 0) + 1;
  };
  const health = task.healthUrl === undefined ? undefined : await watchHealth(task.healthUrl);
  const { load, ended } = start(task);
  load.on("response", (_client, status, _bytes, latency_ms) => {
    if (status !== task.expectedStatus) return fail(`status ${status}`);
    pace.done(performance.now());
    latencies.push(latency_ms);
  });
  load.on("reqError", (error) => fail(error.message));

  await delay(warmup_ms);
  pace.open();
  latencies = [];
  health?.reset();
  const close = openWindow(watched);
  await delay(window_ms);
  // A window lasts until something has ended in it.
  if (pace.close().completed === 0) await once(load, "response");
  const cost = close();
  const inWindow = pace.close();
  const latency = latencyOf(latencies);
  const health_ms = await (health?.stop() ?? []);

  load.stop();
  await ended;
  return { cost, ...inWindow, doneInAll: pace.doneInAll, unexpected, latency, health_ms };
}

function start(task: Requests): { readonly load: autocannon.Instance; readonly ended: Promise<void> } {
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  const load = autocannon(
    {
      url: task.url,
      connections: task.connections,
      duration: HOUR_S,
      timeout: PATIENCE_MS / 1000,
      sampleInt: STOP_POLL_MS,
      ...(task.newUsers === undefined ? {} : { requests: [postingUsers(task.newUsers)] }),
    },
    (error: unknown) => (error ? reject(error) : resolve()),
  );
  return { load, ended };
}

function postingUsers(prefix: string): autocannon.Request {
  let next = 0;
  return {
    method: "POST",
    headers: { "content-type": "application/json" },
    setupRequest: (request) => {
      const username = `${prefix}-${next++}`;
      return { ...request, body: JSON.stringify({ username, email: `${username}@example.com` }) };
    },
  };
}

/** Asks for the health on a connection of its own, one request after the other. The first one opens the connection. */
async function watchHealth(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await ask(url, agent);
  let health_ms: number[] = [];
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const start_ms = performance.now();
      await ask(url, agent);
      health_ms.push(performance.now() - start_ms);
      await delay(HEALTH_PAUSE_MS);
    }
  })();
  watching.catch(() => {});
  return {
    reset: () => {
      health_ms = [];
    },
    /** With the request that is under way, whose answer is as late as it is. */
    stop: async () => {
      isOver = true;
      await watching;
      agent.destroy();
      return health_ms;
    },
  };
}

async function ask(url: string, agent: Agent): Promise<void> {
  const request = get(url, { agent });
  const [response] = await once(request, "response");
  response.resume();
  await once(response, "end");
  if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}.`);
}

function latencyOf(latencies: readonly number[]): Sample["latency"] {
  if (latencies.length === 0) return undefined;
  return { p50_ms: percentile(latencies, 50), p99_ms: percentile(latencies, 99) };
}

serveOrders(drive);
