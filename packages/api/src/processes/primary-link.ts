import type { Socket } from "node:net";
import { BEAT_MS } from "../constants.ts";
import type { PrimePool } from "../load/prime-pool.ts";
import type { PrimeResult } from "../load/prime-worker.ts";
import { PoolClosed, QueueFull } from "../load/worker-pool.ts";
import type { HandedConnections } from "./handed-connections.ts";
import type { FromPrimary, FromWorker, Refusal, RequestCount } from "./messages.ts";

/** Signals by which an API of several processes is asked to end. */
export const PRIMARY_SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR2"] as const;

interface Calculation {
  readonly resolve: (result: PrimeResult) => void;
  readonly reject: (error: unknown) => void;
}

/** A worker's line to the primary: what the processes of an instance share is kept there. */
export class PrimaryLink {
  /** Calculations are done and counted by the primary, so that they queue in one place, whichever process took them in. */
  readonly primePool: PrimePool = {
    run: (number, signal) => this.#calculate(number, signal),
    running: 0,
    waiting: 0,
    close: async () => this.#giveUp(),
  };
  readonly #calculations = new Map<number, Calculation>();
  readonly #counts = new Map<number, (count: RequestCount) => void>();
  readonly #drain = Promise.withResolvers<void>();
  #reportMetrics: (() => Promise<readonly object[]>) | undefined;
  #isPoolClosed = false;
  #handed: HandedConnections | undefined;
  #lastId = 0;

  constructor() {
    process.on("message", (message: FromPrimary, socket?: Socket) => {
      if (message.kind !== "connection") this.#receive(message);
      // Its client may have gone on the way.
      else if (socket !== undefined) this.#handed?.take(socket);
    });
    // The primary, which hears of each signal too, takes the connections away from this process before it ends.
    for (const signal of PRIMARY_SIGNALS) process.on(signal, () => this.send({ kind: "signalled" }));
    const beat = () => this.send({ kind: "alive", connections: this.#handed?.open ?? 0 });
    beat();
    setInterval(beat, BEAT_MS).unref();
  }

  /** From now on the primary hands out connections to this process. */
  serve(connections: HandedConnections): void {
    this.#handed = connections;
    this.send({ kind: "ready" });
  }

  /** Resolves when this process shall end. */
  get drained(): Promise<void> {
    return this.#drain.promise;
  }

  send(message: FromWorker): void {
    // Without the primary this process ends at once, so what cannot be sent any more is of no use.
    process.send?.(message, undefined, undefined, () => {});
  }

  /** One request more of this client; resolves with how many there were on this instance. */
  count(client: string): Promise<RequestCount> {
    const id = this.#nextId();
    return new Promise((resolve) => {
      this.#counts.set(id, resolve);
      this.send({ kind: "count", id, client });
    });
  }

  /** What the primary gets when it is asked for metrics. */
  onMetricsAsked(report: () => Promise<readonly object[]>): void {
    this.#reportMetrics = report;
  }

  #calculate(number: number, signal: AbortSignal): Promise<PrimeResult> {
    const id = this.#nextId();
    const onAbort = () => {
      this.send({ kind: "cancel", id });
      this.#calculations.get(id)?.reject(signal.reason);
    };
    const outcome = new Promise<PrimeResult>((resolve, reject) => {
      signal.throwIfAborted();
      if (this.#isPoolClosed) throw new PoolClosed("No tasks are taken any more.");
      this.#calculations.set(id, { resolve, reject });
      signal.addEventListener("abort", onAbort);
      this.send({ kind: "calculate", id, number });
    });
    return outcome.finally(() => {
      this.#calculations.delete(id);
      signal.removeEventListener("abort", onAbort);
    });
  }

  #giveUp(): void {
    this.#isPoolClosed = true;
    for (const [id, { reject }] of this.#calculations) {
      this.send({ kind: "cancel", id });
      reject(new PoolClosed("The task was given up."));
    }
  }

  #receive(message: Exclude<FromPrimary, { kind: "connection" }>): void {
    switch (message.kind) {
      case "drain":
        this.#drain.resolve();
        break;
      case "calculated":
        this.#calculations.get(message.id)?.resolve(message.result);
        break;
      case "refused":
        this.#calculations.get(message.id)?.reject(errorOf(message.why, message.message));
        break;
      case "counted":
        this.#counts.get(message.id)?.(message.count);
        this.#counts.delete(message.id);
        break;
      case "report-metrics":
        void this.#report(message.id);
        break;
    }
  }

  async #report(id: number): Promise<void> {
    const metrics = (await this.#reportMetrics?.()) ?? [];
    this.send({ kind: "metrics", id, metrics });
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}

function errorOf(why: Refusal, message: string): Error {
  switch (why) {
    case "queue-full":
      return new QueueFull(message);
    case "pool-closed":
      return new PoolClosed(message);
    case "failed":
      return new Error(message);
  }
}
