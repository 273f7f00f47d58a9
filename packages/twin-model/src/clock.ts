/** Cloud time. Live it runs `speed` times faster than the wall clock; a simulator may drive it by hand. */
export interface Clock {
  readonly speed: number;
  /** Cloud time in ms since the Unix epoch. */
  now(): number;
  /** Runs `task` once after `delay_ms` of cloud time. */
  after(delay_ms: number, task: () => void): Cancel;
  /** Runs `task` every `interval_ms` of cloud time. */
  every(interval_ms: number, task: () => void): Cancel;
}

export type Cancel = () => void;

/** setTimeout takes at most 2^31 - 1 ms; longer delays are slept in pieces. */
const longestTimeout_ms = 2 ** 31 - 1;

/** Cloud time that starts at `startAt_ms` (default: now) and runs `speed` times faster than the wall clock. */
export function liveClock(speed: number, startAt_ms: number = Date.now()): Clock {
  if (!(speed > 0)) throw new Error(`A clock runs forwards: speed must be above 0, but is ${speed}.`);
  // performance.now() is monotonic: a step of the wall clock must not jump cloud time.
  const origin_ms = performance.now();
  const now = () => startAt_ms + (performance.now() - origin_ms) * speed;
  const after = (delay_ms: number, task: () => void): Cancel => {
    const due_ms = now() + delay_ms;
    let timer: NodeJS.Timeout;
    const sleep = () => {
      const left_ms = Math.max(0, (due_ms - now()) / speed);
      timer = left_ms > longestTimeout_ms ? setTimeout(sleep, longestTimeout_ms) : setTimeout(task, left_ms);
    };
    sleep();
    return () => clearTimeout(timer);
  };
  return { speed, now, after, every: (interval_ms, task) => repeat({ now, after }, interval_ms, task) };
}

/** A clock that a test or the simulator moves; between two moves no time passes. */
export interface ManualClock extends Clock {
  /** Runs all tasks that fall due, in order of time, then of registration; promises settle before time moves on. */
  advance(duration_ms: number): Promise<void>;
}

interface Alarm {
  readonly due_ms: number;
  readonly sequence: number;
  readonly task: () => void;
}

/** Virtual time: deterministic, and as fast as its tasks. `speed` is what timeouts given to live parts are divided by. */
export function manualClock(startAt_ms = Date.UTC(2026, 0, 1)): ManualClock {
  const pending: Alarm[] = [];
  let time_ms = startAt_ms;
  let sequence = 0;
  const now = () => time_ms;
  const after = (delay_ms: number, task: () => void): Cancel => {
    const alarm: Alarm = { due_ms: time_ms + Math.max(0, delay_ms), sequence: sequence++, task };
    pending.splice(insertionPoint(pending, alarm), 0, alarm);
    return () => {
      const index = pending.indexOf(alarm);
      if (index >= 0) pending.splice(index, 1);
    };
  };
  const advance = async (duration_ms: number) => {
    const end_ms = time_ms + duration_ms;
    await settled();
    for (let next = pending[0]; next !== undefined && next.due_ms <= end_ms; next = pending[0]) {
      pending.shift();
      time_ms = next.due_ms;
      next.task();
      await settled();
    }
    time_ms = end_ms;
  };
  return { speed: 1, now, after, every: (interval_ms, task) => repeat({ now, after }, interval_ms, task), advance };
}

/** A view of `clock` whose timers can all be cancelled at once, so that what is stopped leaves none behind. */
export function stoppableClock(clock: Clock): Clock & { readonly stop: () => void } {
  const cancels = new Set<Cancel>();
  let stopped = false;
  const after = (delay_ms: number, task: () => void): Cancel => {
    if (stopped) return () => undefined;
    const cancel = clock.after(delay_ms, () => {
      cancels.delete(cancel);
      task();
    });
    cancels.add(cancel);
    return () => {
      cancels.delete(cancel);
      cancel();
    };
  };
  return {
    speed: clock.speed,
    now: () => clock.now(),
    after,
    every: (interval_ms, task) => repeat({ now: () => clock.now(), after }, interval_ms, task),
    stop: () => {
      stopped = true;
      for (const cancel of cancels) cancel();
      cancels.clear();
    },
  };
}

/** Ticks at multiples of the interval from now; ticks that were missed (a busy machine) are skipped, not caught up. */
function repeat(clock: Pick<Clock, "now" | "after">, interval_ms: number, task: () => void): Cancel {
  if (!(interval_ms > 0)) throw new Error(`An interval must be above 0 ms, but is ${interval_ms}.`);
  const start_ms = clock.now();
  let count = 0;
  let cancelled = false;
  let cancel: Cancel = () => undefined;
  const schedule = () => {
    count = Math.max(count + 1, Math.ceil((clock.now() - start_ms) / interval_ms));
    cancel = clock.after(start_ms + count * interval_ms - clock.now(), () => {
      task();
      if (!cancelled) schedule();
    });
  };
  schedule();
  return () => {
    cancelled = true;
    cancel();
  };
}

function insertionPoint(pending: readonly Alarm[], alarm: Alarm): number {
  let low = 0;
  let high = pending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = pending[middle];
    if (other !== undefined && other.due_ms <= alarm.due_ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** setImmediate runs once the microtask queue is empty: every promise chain that could go on has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
