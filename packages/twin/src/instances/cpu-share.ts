import { Worker } from "node:worker_threads";
import type { GovernorMessage } from "./cpu-governor.ts";

/** Instances at one time; a twin has five to ten. */
const SLOTS = 256;

interface Managed {
  readonly slot: number;
  readonly share: number;
  readonly start_ms: number;
}

/**
 * Holds each instance's processes at their share of a core and accounts what they use. The work is done in a thread of its
 * own, so that it never delays the network, and the network never delays it.
 */
export class CpuGovernor {
  readonly #worker = new Worker(new URL("./cpu-governor.ts", import.meta.url));
  /** CPU seconds used, by slot; written by the worker. */
  readonly #used_s = new Float64Array(new SharedArrayBuffer(SLOTS * Float64Array.BYTES_PER_ELEMENT));
  readonly #instances = new Map<string, Managed>();

  constructor() {
    this.#worker.unref();
    this.#send({ kind: "memory", used_s: this.#used_s });
  }

  /** Begins with an instance; `procDir` gets its own `stat` and `meminfo`. */
  manage(
    instanceId: string,
    options: { readonly share: number; readonly procDir: string; readonly memory_mb: number },
  ): void {
    const slot = this.#freeSlot();
    this.#used_s[slot] = 0;
    this.#instances.set(instanceId, { slot, share: options.share, start_ms: performance.now() });
    this.#send({ kind: "manage", instanceId, slot, ...options });
  }

  /** The processes it started last; their descendants are found, and what was found before stays managed. */
  setProcesses(instanceId: string, rootPids: readonly number[]): void {
    this.#send({ kind: "processes", instanceId, pids: rootPids });
  }

  release(instanceId: string): void {
    this.#instances.delete(instanceId);
    this.#send({ kind: "release", instanceId });
  }

  /** Zeros for an instance that is not managed (yet). */
  usage(instanceId: string): { readonly used_s: number; readonly wall_s: number; readonly share: number } {
    const managed = this.#instances.get(instanceId);
    if (managed === undefined) return { used_s: 0, wall_s: 0, share: 1 };
    const wall_s = (performance.now() - managed.start_ms) / 1000;
    return { used_s: this.#used_s[managed.slot] ?? 0, wall_s, share: managed.share };
  }

  /** Stopped processes go on before it ends. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#worker.once("exit", resolve));
    this.#worker.ref();
    this.#send({ kind: "close" });
    await ended;
  }

  #freeSlot(): number {
    const taken = new Set([...this.#instances.values()].map(({ slot }) => slot));
    for (let slot = 0; slot < SLOTS; slot += 1) if (!taken.has(slot)) return slot;
    throw new Error(`More than ${SLOTS} instances run at once.`);
  }

  #send(message: GovernorMessage): void {
    this.#worker.postMessage(message);
  }
}
