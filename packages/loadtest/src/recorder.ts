import { performance } from "node:perf_hooks";
import type { LoadSample } from "@cloudy/observer/run.ts";
import { FAILURES_KEPT_MAX, RECENT_TICKS } from "./constants.ts";
import type { GeneratorTick, RequestFailure } from "./generator-contract.ts";

/** Gathers what the requests met, and condenses it into one sample a second. */
export interface Recorder {
  tick(tick: GeneratorTick): void;
  fail(failure: RequestFailure): void;
  /** Closes the present second. */
  sample(t_ms: number, acknowledged: number): void;
  samples(): readonly LoadSample[];
  failures(): readonly RequestFailure[];
  /** The load of the last seconds, since it was changed. */
  recent(): RecentLoad;
  /** The load was changed: what it was like before says nothing of what it is like now. */
  changed(): void;
  /** Mean CPU over the load and the event loop's delay; undefined until there was load. */
  generator(): { readonly cpu_percent: number; readonly delay_ms: number } | undefined;
}

export interface RecentLoad {
  /** How long it was looked at. */
  readonly seconds: number;
  readonly servedPerSecond: number;
  readonly served: number;
  /** Failed requests of the load by what came of them. */
  readonly failed: Readonly<Record<string, number>>;
  readonly generatorCpu_percent: number;
}

export function createRecorder(now_ms: () => number = () => performance.now()): Recorder {
  const samples: LoadSample[] = [];
  const failures: RequestFailure[] = [];
  let pending: GeneratorTick[] = [];
  let last: readonly GeneratorTick[] = [];
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
      last = [...last, tick].slice(-RECENT_TICKS);
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
    recent: () => recentLoad(last),
    changed() {
      last = [];
    },
    generator: () => (load_s === 0 ? undefined : { cpu_percent: (100 * cpu_s) / load_s, delay_ms }),
  };
}

function recentLoad(ticks: readonly GeneratorTick[]): RecentLoad {
  const sum = (pick: (tick: GeneratorTick) => number) => ticks.reduce((total, tick) => total + pick(tick), 0);
  const seconds = sum((tick) => tick.seconds);
  const each = Math.max(0.001, seconds);
  const failed: Record<string, number> = {};
  for (const { reason } of ticks.flatMap((tick) => tick.failures)) failed[reason] = (failed[reason] ?? 0) + 1;
  return {
    seconds,
    servedPerSecond: sum((tick) => tick.served) / each,
    served: sum((tick) => tick.served),
    failed,
    generatorCpu_percent: sum((tick) => tick.cpu_percent * tick.seconds) / each,
  };
}

/** Ticks of one sample as one; usually it is one. Percentiles cannot be added, so the busiest tick's are taken. */
function condense(ticks: readonly GeneratorTick[]) {
  const seconds = ticks.reduce((sum, tick) => sum + tick.seconds, 0);
  const served = ticks.reduce((sum, tick) => sum + tick.served, 0);
  const busiest = ticks.toSorted((a, b) => b.served - a.served).at(0);
  return {
    requestsPerSecond: seconds === 0 ? 0 : served / seconds,
    p50_ms: busiest?.p50_ms,
    p99_ms: busiest?.p99_ms,
  };
}
