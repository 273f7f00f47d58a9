/** The thread behind cpu-share.ts: a token bucket for each instance, enforced with SIGSTOP and SIGCONT. */
import { parentPort } from "node:worker_threads";
import { ProcessGroup } from "./process-group.ts";
import { writeProcfs } from "./procfs.ts";

export type GovernorMessage =
  | { readonly kind: "memory"; readonly used_s: Float64Array }
  | {
      readonly kind: "manage";
      readonly instanceId: string;
      readonly slot: number;
      readonly share: number;
      readonly procDir: string;
      readonly memory_mb: number;
    }
  | { readonly kind: "processes"; readonly instanceId: string; readonly pids: readonly number[] }
  | { readonly kind: "release"; readonly instanceId: string }
  | { readonly kind: "close" };

/** How often use is looked at: with a quarter of a core an instance gets 2.5 ms of each tick. */
const TICK_MS = 10;
/** An idle instance is looked at each so many ticks; what it uses meanwhile is paid back afterwards. */
const IDLE_TICKS = 3;
/** New processes and threads are looked for this often. */
const REFRESH_MS = 200;
/** What an idle instance may use at once: a health check or a small request is answered without waiting. */
const BURST_S = 0.05;
/** Booting goes at full speed: T2 instances start with launch credits. Enough for two Node.js processes and initdb. */
const LAUNCH_CREDIT_S = 2;
/** A stopped instance goes on once it has this much, so that it does not stop again at once. */
const RESUME_S = 0.003;
/** How often an instance's /proc/stat and /proc/meminfo are written: two looks 0.1 s apart must differ. */
const PROCFS_MS = 50;

interface Governed {
  readonly slot: number;
  readonly share: number;
  readonly procDir: string;
  readonly memory_mb: number;
  readonly group: ProcessGroup;
  readonly start_ms: number;
  tokens_s: number;
  used_s: number;
  looked_ms: number;
  refreshed_ms: number;
  written_ms: number;
  isIdle: boolean;
}

const governed = new Map<string, Governed>();
let shared = new Float64Array(0);
let ticks = 0;

parentPort?.on("message", (message: GovernorMessage) => {
  switch (message.kind) {
    case "memory":
      shared = message.used_s as Float64Array<ArrayBuffer>;
      return;
    case "manage":
      begin(message);
      return;
    case "processes":
      governed.get(message.instanceId)?.group.add(message.pids);
      return;
    case "release":
      end(message.instanceId);
      return;
    case "close":
      for (const instanceId of [...governed.keys()]) end(instanceId);
      clearInterval(timer);
      parentPort?.close();
      return;
  }
});

const timer = setInterval(() => {
  ticks += 1;
  for (const instance of governed.values()) {
    if (!instance.isIdle || ticks % IDLE_TICKS === 0) look(instance, performance.now());
  }
}, TICK_MS);

function begin(message: Extract<GovernorMessage, { kind: "manage" }>): void {
  const now_ms = performance.now();
  governed.set(message.instanceId, {
    ...message,
    group: new ProcessGroup(),
    start_ms: now_ms,
    tokens_s: LAUNCH_CREDIT_S,
    used_s: 0,
    looked_ms: now_ms,
    refreshed_ms: now_ms,
    written_ms: 0,
    isIdle: true,
  });
}

function end(instanceId: string): void {
  const instance = governed.get(instanceId);
  governed.delete(instanceId);
  instance?.group.release();
}

function look(instance: Governed, now_ms: number): void {
  const { group } = instance;
  if (now_ms - instance.refreshed_ms >= REFRESH_MS) {
    group.refresh();
    instance.refreshed_ms = now_ms;
  }
  const used_s = group.takeUse_s();
  const earned_s = ((now_ms - instance.looked_ms) / 1000) * instance.share;
  instance.looked_ms = now_ms;
  instance.used_s += used_s;
  // What is left of the launch credit is spent, not earned.
  instance.tokens_s = Math.min(Math.max(BURST_S, instance.tokens_s), instance.tokens_s + earned_s) - used_s;
  shared[instance.slot] = instance.used_s;
  if (!group.isStopped && instance.tokens_s < 0) group.stop();
  else if (group.isStopped && instance.tokens_s >= RESUME_S) group.resume();
  instance.isIdle = instance.tokens_s >= BURST_S;
  if (now_ms - instance.written_ms >= PROCFS_MS) {
    instance.written_ms = now_ms;
    const busy_s = Math.min(instance.used_s / instance.share, (now_ms - instance.start_ms) / 1000);
    writeProcfs(instance.procDir, {
      busy_s,
      wall_s: (now_ms - instance.start_ms) / 1000,
      total_kb: instance.memory_mb * 1024,
      used_kb: group.resident_kb(),
    });
  }
}
