import { performance } from "node:perf_hooks";
import type { LoadSample } from "@cloudy/observer/run.ts";
import { FAILURES_KEPT_MAX } from "./constants.ts";
import type { GeneratorTick, RequestFailure } from "./generator-contract.ts";

/** Gathers what the requests met, and condenses it into one sample a second. */
export interface Recorder {
  tick(tick: GeneratorTick): void;
  fail(failure: RequestFailure): void;
  /** Closes the present second. */
  sample(t_ms: number, acknowledged: number): void;
  samples(): readonly LoadSample[];
  failures(): readonly RequestFailure[];
  /** Mean CPU over the load and the event loop's delay; undefined until there was load. */
  generator(): { readonly cpu_percent: number; readonly delay_ms: number } | undefined;
}

export function createRecorder(now_ms: () => number = () => performance.now()): Recorder {
  const samples: LoadSample[] = [];
  const failures: RequestFailure[] = [];
  let pending: GeneratorTick[] = [];
  let failed = 0;
  let failedWrites = 0;
  let lastAcknowledged = 0;
  let last_ms = now_ms();
  let cpu_s = 0;
  let load_s = 0;
  let delay_ms = 0;

  function fail(failure: RequestFailure): void {
    failed += 1;
    if (failure.request === "POST /users") failedWrites += 1;
    if (failures.length < FAILURES_KEPT_MAX) failures.push(failure);
  }
  return {
    fail,
    tick(tick) {
      pending.push(tick);
      for (const failure of tick.failures) fail(failure);
      cpu_s += (tick.cpu_percent / 100) * tick.seconds;
      load_s += tick.seconds;
      delay_ms = tick.delay_ms;
    },
    sample(t_ms, acknowledged) {
      const seconds = Math.max(0.001, (now_ms() - last_ms) / 1000);
      const load = condense(pending);
      samples.push({
        t_ms,
        ...load,
        errorsPerSecond: failed / seconds,
        writesPerSecond: (acknowledged - lastAcknowledged) / seconds,
        failedWritesPerSecond: failedWrites / seconds,
      });
      pending = [];
      failed = 0;
      failedWrites = 0;
      lastAcknowledged = acknowledged;
      last_ms = now_ms();
    },
    samples: () => samples,
    failures: () => failures,
    generator: () => (load_s === 0 ? undefined : { cpu_percent: (100 * cpu_s) / load_s, delay_ms }),
  };
}

/** Ticks of one sample as one; usually it is one. Percentiles cannot be added, so the busiest tick's are taken. */
function condense(ticks: readonly GeneratorTick[]) {
  const seconds = ticks.reduce((sum, tick) => sum + tick.seconds, 0);
  const responses = ticks.reduce((sum, tick) => sum + tick.responses, 0);
  const busiest = ticks.toSorted((a, b) => b.responses - a.responses).at(0);
  return {
    requestsPerSecond: seconds === 0 ? 0 : responses / seconds,
    p50_ms: busiest?.p50_ms,
    p99_ms: busiest?.p99_ms,
  };
}
