/** The thread behind cpu-share.ts: a token bucket for each instance, enforced with SIGSTOP and SIGCONT. */
import { setPriority } from "node:os";
import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { GovernedInstance, type InstanceLimits } from "./governed-instance.ts";
import { ProcessCensus } from "./process-census.ts";
import type { ProcessName } from "./process-group.ts";

export type GovernorMessage =
  | {
      readonly kind: "manage";
      readonly instanceId: string;
      readonly limits: InstanceLimits;
      /** Takes the CPU seconds used. */
      readonly used_s: Float64Array;
    }
  | { readonly kind: "processes"; readonly instanceId: string; readonly roots: readonly ProcessName[] }
  | { readonly kind: "release"; readonly instanceId: string }
  | { readonly kind: "close" };

export interface GovernorData {
  readonly inbox: MessagePort;
  /** Counts the messages; it is woken by a change. */
  readonly bell: Int32Array<SharedArrayBuffer>;
}

/** How often new processes and threads are looked for. */
const CENSUS_MS = 200;
/** Being late makes pauses longer; only root may go before others. */
const PRIORITY = -10;

const { inbox, bell }: GovernorData = workerData;
const governed = new Map<string, { readonly instance: GovernedInstance; readonly used_s: Float64Array }>();
const census = new ProcessCensus();

/** Not the event loop: waiting on memory wakes at the right millisecond and at once for a message, and costs little. */
function govern(): void {
  let nextCensus_ms = 0;
  for (;;) {
    const rung = Atomics.load(bell, 0);
    const received = readInbox();
    if (received === "close") return;
    if (received === "roots" || performance.now() >= nextCensus_ms) {
      census.take([...governed.values()].map(({ instance }) => instance.group));
      nextCensus_ms = performance.now() + CENSUS_MS;
    }
    let next_ms = governed.size === 0 ? Number.POSITIVE_INFINITY : nextCensus_ms;
    for (const { instance, used_s } of governed.values()) {
      next_ms = Math.min(next_ms, instance.look(performance.now()));
      used_s[0] = instance.used_s;
    }
    Atomics.wait(bell, 0, rung, Math.max(next_ms - performance.now(), 0));
  }
}

function readInbox(): "close" | "roots" | undefined {
  let result: "roots" | undefined;
  for (;;) {
    const message: GovernorMessage | undefined = receiveMessageOnPort(inbox)?.message;
    switch (message?.kind) {
      case undefined:
        return result;
      case "manage": {
        const { instanceId, limits, used_s } = message;
        release(instanceId);
        governed.set(instanceId, { instance: new GovernedInstance(limits, performance.now()), used_s });
        break;
      }
      case "processes": {
        const group = governed.get(message.instanceId)?.instance.group;
        for (const root of message.roots) group?.add(root);
        census.startOver();
        result = "roots";
        break;
      }
      case "release":
        release(message.instanceId);
        break;
      case "close":
        for (const instanceId of governed.keys()) release(instanceId);
        return "close";
    }
  }
}

function release(instanceId: string): void {
  governed.get(instanceId)?.instance.release();
  governed.delete(instanceId);
}

try {
  setPriority(PRIORITY);
} catch {
  // An ordinary user's twin works, too.
}
govern();
