import { once } from "node:events";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { GovernorData, GovernorMessage } from "./cpu-governor.ts";
import type { InstanceLimits } from "./governed-instance.ts";
import { readProcessStat } from "./process-stat.ts";

/** Booting goes at full speed, as T2 instances start with launch credits: enough for two Node.js processes and initdb. */
const LAUNCH_CREDIT_S = 2;

interface Managed {
  readonly share: number;
  readonly start_ms: number;
  /** One number, shared with the worker. */
  readonly used_s: Float64Array;
}

/**
 * Holds each instance's processes at their share of a core and accounts what they use. The work is done in a thread of its
 * own, so that it never delays the network, and the network never delays it.
 */
export class CpuGovernor {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #bell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #instances = new Map<string, Managed>();

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const workerData: GovernorData = { inbox: port2, bell: this.#bell };
    this.#worker = new Worker(new URL("./cpu-governor.ts", import.meta.url), { workerData, transferList: [port2] });
    this.#worker.unref();
    this.#port.unref();
  }

  /** Begins with an instance. */
  manage(instanceId: string, options: Omit<InstanceLimits, "launchCredit_s"> & { launchCredit_s?: number }): void {
    const used_s = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT));
    this.#instances.set(instanceId, { share: options.share, start_ms: performance.now(), used_s });
    this.#send({ kind: "manage", instanceId, used_s, limits: { launchCredit_s: LAUNCH_CREDIT_S, ...options } });
  }

  /** The processes it started last; their descendants are found, and what was found before stays managed. */
  setProcesses(instanceId: string, rootPids: readonly number[]): void {
    const roots = rootPids.map(readProcessStat).filter((stat) => stat !== undefined);
    this.#send({ kind: "processes", instanceId, roots });
  }

  /** Lets go of an instance; processes that are stopped go on. */
  release(instanceId: string): void {
    this.#instances.delete(instanceId);
    this.#send({ kind: "release", instanceId });
  }

  /** CPU and wall seconds since `manage`, with the processes that have ended. Zeros for an instance that is not managed. */
  usage(instanceId: string): { readonly used_s: number; readonly wall_s: number; readonly share: number } {
    const managed = this.#instances.get(instanceId);
    if (managed === undefined) return { used_s: 0, wall_s: 0, share: 1 };
    const wall_s = (performance.now() - managed.start_ms) / 1000;
    return { used_s: managed.used_s[0] ?? 0, wall_s, share: managed.share };
  }

  /** Releases all instances and ends the thread. */
  async close(): Promise<void> {
    const ended = once(this.#worker, "exit");
    this.#worker.ref();
    this.#send({ kind: "close" });
    await ended;
    this.#port.close();
  }

  #send(message: GovernorMessage): void {
    this.#port.postMessage(message);
    Atomics.add(this.#bell, 0, 1);
    Atomics.notify(this.#bell, 0);
  }
}
