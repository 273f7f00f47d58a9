import { Worker } from "node:worker_threads";

/** The queue holds as many tasks as it may. */
export class QueueFull extends Error {
  override readonly name = "QueueFull";
}

/** The pool was closed before the task was done. */
export class PoolClosed extends Error {
  override readonly name = "PoolClosed";
}

interface Job<Task, Result> {
  readonly task: Task;
  readonly signal: AbortSignal;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** A place for one worker thread; the thread is replaced when it dies or is stopped. */
interface Slot<Task, Result> {
  worker: Worker | undefined;
  job: Job<Task, Result> | undefined;
}

/**
 * A fixed number of worker threads and a bounded queue. A thread takes a task as a message and answers with one message.
 * It needs only node:worker_threads: ready-made pools load a second file of their own by its path, which a bundle lacks.
 */
export class WorkerPool<Task, Result> {
  readonly #script: URL;
  readonly #queueLimit: number;
  readonly #slots: readonly Slot<Task, Result>[];
  readonly #queue: Job<Task, Result>[] = [];
  #isClosed = false;

  constructor(options: { readonly script: URL; readonly workers: number; readonly queueLimit: number }) {
    this.#script = options.script;
    this.#queueLimit = options.queueLimit;
    this.#slots = Array.from({ length: options.workers }, () => ({ worker: undefined, job: undefined }));
    for (const slot of this.#slots) slot.worker = this.#start(slot);
  }

  /** Tasks that have a thread. */
  get running(): number {
    return this.#slots.filter((slot) => slot.job !== undefined).length;
  }

  /** Tasks that wait for one. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Rejects with QueueFull when no thread is free and the queue is full, with PoolClosed, and with the signal's reason once
   * that is aborted.
   */
  run(task: Task, signal: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (this.#isClosed) throw new PoolClosed("No tasks are taken any more.");
      if (this.running === this.#slots.length && this.#queue.length >= this.#queueLimit) {
        throw new QueueFull(`All ${this.#slots.length} workers are busy and ${this.#queue.length} tasks wait.`);
      }
      const onAbort = () => this.#abort(job);
      const job: Job<Task, Result> = {
        task,
        signal,
        resolve: (result) => {
          signal.removeEventListener("abort", onAbort);
          resolve(result);
        },
        reject: (error) => {
          signal.removeEventListener("abort", onAbort);
          reject(error);
        },
      };
      signal.addEventListener("abort", onAbort);
      this.#queue.push(job);
      this.#assign();
    });
  }

  /** Gives up the tasks that wait and those that run. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const waiting = this.#queue.splice(0);
    const running = this.#slots.flatMap((slot) => slot.job ?? []);
    for (const job of [...running, ...waiting]) job.reject(new PoolClosed("The task was given up."));
    await Promise.all(this.#slots.map((slot) => slot.worker?.terminate()));
  }

  #assign(): void {
    for (const slot of this.#slots) {
      if (slot.job !== undefined) continue;
      const job = this.#queue.shift();
      if (job === undefined) return;
      slot.job = job;
      slot.worker ??= this.#start(slot);
      slot.worker.postMessage(job.task);
    }
  }

  #start(slot: Slot<Task, Result>): Worker {
    const worker = new Worker(this.#script);
    // An idle thread must not keep the process alive.
    worker.unref();
    worker.on("message", (result: Result) => {
      if (slot.worker !== worker) return;
      const job = slot.job;
      slot.job = undefined;
      job?.resolve(result);
      this.#assign();
    });
    worker.on("error", (error) => this.#lose(slot, worker, error));
    worker.on("exit", (code) => this.#lose(slot, worker, new Error(`The worker thread exited with code ${code}.`)));
    return worker;
  }

  #lose(slot: Slot<Task, Result>, worker: Worker, error: unknown): void {
    if (slot.worker !== worker) return;
    const { job } = slot;
    slot.worker = undefined;
    slot.job = undefined;
    job?.reject(error);
    this.#assign();
  }

  /** A waiting task leaves the queue; a running one can only be stopped with its thread. */
  #abort(job: Job<Task, Result>): void {
    const waiting = this.#queue.indexOf(job);
    if (waiting >= 0) {
      this.#queue.splice(waiting, 1);
      job.reject(job.signal.reason);
      return;
    }
    const slot = this.#slots.find((candidate) => candidate.job === job);
    const worker = slot?.worker;
    if (slot === undefined || worker === undefined) return;
    this.#lose(slot, worker, job.signal.reason);
    void worker.terminate();
  }
}
