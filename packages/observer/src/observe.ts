import { type ClockReading, cloudNow } from "./clock.ts";
import { type Connection, openClients } from "./connection.ts";
import {
  CALL_SPACING_MS,
  FOCUS_INTERVAL_MS,
  IDLE_CALL_SPACING_MS,
  LOG_LOOK_BACK_MS,
  LOOK_BACK_MS,
  NETWORK_INTERVAL_MS,
  POLL_INTERVAL_MS,
} from "./constants.ts";
import type { StackNames } from "./outputs.ts";
import { READERS, type ReadingKind } from "./readings.ts";
import type { Decision, SystemView } from "./run.ts";
import { absorb, absorbFailure, addDecision, emptyView, loseInstance } from "./timeline.ts";

export interface Observer {
  view(): SystemView;
  /** Cloud time. */
  now(): number;
  /** Kinds that somebody waits for now: they are read as often as the spacing of calls allows. */
  focus(kinds: readonly ReadingKind[]): void;
  /** Whether somebody looks; if not, calls are spaced further. */
  watch(isWatched: boolean): void;
  /** Reads everything once, for a last look. */
  refresh(): Promise<void>;
  note(decision: Decision): void;
  lose(instanceId: string, t_ms: number): void;
  close(): Promise<void>;
}

/** In the order in which they are read for the first time. */
const KINDS: readonly ReadingKind[] = [
  "network",
  "groups",
  "instances",
  "routes",
  "targets",
  "alarms",
  "cpu",
  "alarm history",
  "activities",
  "log",
];

/** The kind that has been due the longest, or none. Pure. */
export function nextKind(
  read: ReadonlyMap<ReadingKind, number>,
  focused: readonly ReadingKind[],
  now_ms: number,
): ReadingKind | undefined {
  let next: ReadingKind | undefined;
  let longest = 0;
  for (const kind of KINDS) {
    const last = read.get(kind);
    if (last === undefined) return kind;
    // Overdue in units of its own interval, so that a focused kind gets more turns but never all of them.
    const overdue = (now_ms - last) / interval(kind, focused);
    if (overdue >= 1 && overdue > longest) {
      next = kind;
      longest = overdue;
    }
  }
  return next;
}

function interval(kind: ReadingKind, focused: readonly ReadingKind[]): number {
  if (kind === "network") return NETWORK_INTERVAL_MS;
  return focused.includes(kind) ? FOCUS_INTERVAL_MS : POLL_INTERVAL_MS;
}

/** Polls the system by the AWS API, one call at a time, and keeps its timeline. */
export function observe(options: {
  readonly connection: Connection;
  readonly names: StackNames;
  readonly clock: ClockReading;
}): Observer {
  const { connection, names, clock } = options;
  const clients = openClients(connection);
  const now = () => cloudNow(clock);
  const start_ms = now();
  const read = new Map<ReadingKind, number>();
  let view = emptyView(names.virtualIp);
  let focused: readonly ReadingKind[] = [];
  let isWatched = true;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> = Promise.resolve();

  async function poll(): Promise<void> {
    const kind = nextKind(read, focused, now());
    if (kind !== undefined) await take(kind);
  }
  async function take(kind: ReadingKind): Promise<void> {
    const asked_ms = now();
    const lookBack = kind === "log" ? LOG_LOOK_BACK_MS : LOOK_BACK_MS;
    const from_ms = Math.max(start_ms, (read.get(kind) ?? start_ms) - lookBack);
    read.set(kind, asked_ms);
    try {
      const reading = await READERS[kind]({ clients, names, view, from_ms, now_ms: asked_ms });
      view = absorb(view, reading, names, now());
    } catch (error) {
      if (isClosed) return;
      view = absorbFailure(view, kind, error instanceof Error ? error.message : String(error));
    }
  }
  function schedule(): void {
    if (isClosed) return;
    timer = setTimeout(
      () => {
        underWay = poll().finally(schedule);
      },
      isWatched ? CALL_SPACING_MS : IDLE_CALL_SPACING_MS,
    );
  }
  underWay = poll().finally(schedule);

  return {
    view: () => view,
    now,
    focus(kinds) {
      focused = kinds;
    },
    watch(watched) {
      isWatched = watched;
    },
    async refresh() {
      for (const kind of KINDS) await take(kind);
    },
    note(decision) {
      view = addDecision(view, decision);
    },
    lose(instanceId, t_ms) {
      view = loseInstance(view, instanceId, t_ms);
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      clients.close();
      await underWay;
    },
  };
}
