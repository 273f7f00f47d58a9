import { monitorEventLoopDelay } from "node:perf_hooks";
import { build } from "hdr-histogram-js";
import { closedLoop } from "./closed-loop.ts";
import { LOAD_TIMEOUT_S } from "./constants.ts";
import type { GeneratorTick, RequestFailure, ToGenerator } from "./generator-contract.ts";

/**
 * The generator's process: a closed loop of connections on one URL. Its own process, so that the demo's page and polls
 * do not show in the latencies; its own histogram, since autocannon tells its percentiles at the end only.
 */
const TICK_MS = 1000;
/** The monitor samples this often; without any delay it reports this much. */
const DELAY_RESOLUTION_MS = 10;

interface Generator {
  resize(connections: number): void;
  stop(): void;
}

function generate(url: string, headers: Readonly<Record<string, string>>): Generator {
  const latencies = build({ lowestDiscernibleValue: 1, highestTrackableValue: LOAD_TIMEOUT_S * 2_000_000 });
  const delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delays.enable();
  let failures: RequestFailure[] = [];
  let responses = 0;
  let served = 0;
  let cpu = process.cpuUsage();
  let last_ms = performance.now();
  const loop = closedLoop({
    url,
    headers,
    onOutcome({ sent_ms, done_ms, status, reason }) {
      if (status !== undefined) responses += 1;
      if (status === 200) {
        served += 1;
        latencies.recordValue(Math.round((done_ms - sent_ms) * 1000));
      } else failures.push({ request: "GET /load", sent_ms, done_ms, reason });
    },
  });
  function tick(onSent?: () => void): void {
    const now_ms = performance.now();
    const used = process.cpuUsage(cpu);
    const percentile = (p: number) =>
      latencies.totalCount === 0 ? undefined : latencies.getValueAtPercentile(p) / 1000;
    const message: GeneratorTick = {
      kind: "tick",
      at_ms: Date.now(),
      seconds: (now_ms - last_ms) / 1000,
      responses,
      served,
      p50_ms: percentile(50),
      p99_ms: percentile(99),
      failures,
      cpu_percent: (used.user + used.system) / 10 / (now_ms - last_ms),
      delay_ms: Math.max(0, delays.percentile(99) / 1e6 - DELAY_RESOLUTION_MS),
    };
    process.send?.(message, undefined, undefined, onSent);
    latencies.reset();
    failures = [];
    responses = 0;
    served = 0;
    cpu = process.cpuUsage();
    last_ms = now_ms;
  }
  const timer = setInterval(() => tick(), TICK_MS);
  return {
    resize: loop.resize,
    stop() {
      clearInterval(timer);
      // autocannon's clients would wait for their answers; nobody does any more.
      tick(() => process.exit(0));
    },
  };
}

let generator: Generator | undefined;
process.on("message", (message: ToGenerator) => {
  switch (message.kind) {
    case "start":
      generator = generate(message.url, message.headers);
      generator.resize(message.connections);
      return;
    case "resize":
      generator?.resize(message.connections);
      return;
    case "stop":
      generator?.stop();
  }
});
// The demo ends this process; a Ctrl-C in the terminal reaches both, and a demo that died leaves nothing behind.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit(0));
