import type { FileOperation, FileResult } from "@cloudy/db-agent";
import { DUPLICATE_MS_MAX, EFS_ONE_WAY_MS, RETRANSMIT_MS_MAX, WRITE_BACK_MS_MAX } from "../constants.ts";
import type { Life } from "../engine/life.ts";
import type { Random } from "../engine/random.ts";
import type { Timeline } from "../engine/timeline.ts";
import { copyOf, type DirectoryNode, type EfsServer, FileSystemError, isRead, read } from "./efs-server.ts";

export type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: FileSystemError };

/** What is wrong between one machine and EFS. */
export interface EfsTrouble {
  /** Requests do not get there: they wait in the kernel, and are sent again when they can be. */
  blocked: number;
  /** Answers do not come back, though the server has done what was asked. */
  deaf: number;
  /** Probability of an error instead of the operation, of an error in spite of it, and of doing it once more later. */
  error: number;
  errorAfter: number;
  duplicate: number;
  /** How many times slower than usual. */
  slow: number;
  /** What its caches still hold, and how often an answer comes out of them. */
  stale: { root: DirectoryNode; readonly probability: number } | undefined;
}

interface Call {
  readonly isData: boolean;
  /** Whose request it is: it dies with the kernel that has not sent it. */
  readonly kernel: Life;
  readonly execute: () => unknown;
  readonly settle: (outcome: Outcome<unknown>, at_ms: number) => void;
}

/**
 * The kernel's NFS client of one machine. What was asked of it goes on when the process that asked is gone: queued
 * requests land whenever the path is back, in any order, as long as the machine has power.
 */
export class NfsClient {
  readonly trouble: EfsTrouble = {
    blocked: 0,
    deaf: 0,
    error: 0,
    errorAfter: 0,
    duplicate: 0,
    slow: 1,
    stale: undefined,
  };
  readonly #server: EfsServer;
  readonly #timeline: Timeline;
  readonly #random: Random;
  #kernel: Life;
  #waiting: Call[] = [];
  #unanswered: { readonly call: Call; readonly outcome: Outcome<unknown> }[] = [];
  #dirty = new Set<Call>();
  #flushed: (() => void)[] = [];

  constructor(server: EfsServer, timeline: Timeline, random: Random, kernel: Life) {
    this.#server = server;
    this.#timeline = timeline;
    this.#random = random;
    this.#kernel = kernel;
  }

  /** After a reboot: what the old kernel had not sent is lost. */
  restart(kernel: Life): void {
    this.#kernel = kernel;
    this.#waiting = [];
    this.#unanswered = [];
    this.#dirty = new Set();
    this.#flushed = [];
    if (this.trouble.stale !== undefined) this.trouble.stale.root = copyOf(this.#server.root);
  }

  get isCalm(): boolean {
    const { blocked, deaf, error, errorAfter, duplicate, slow, stale } = this.trouble;
    return blocked + deaf + error + errorAfter + duplicate === 0 && slow === 1 && stale === undefined;
  }

  get isReachable(): boolean {
    return this.trouble.blocked === 0 && this.trouble.deaf === 0;
  }

  /** One file operation that was asked for at `at_ms`, which may be a moment ago: then what is due is done at once. */
  operate(
    operation: FileOperation,
    at_ms: number,
    settle: (outcome: Outcome<FileResult>, at_ms: number) => void,
  ): void {
    if (operation.op === "sync-file-system") {
      this.#whenFlushed(() => settle({ ok: true, value: undefined }, this.#timeline.now_ms));
      return;
    }
    const { stale } = this.trouble;
    if (stale !== undefined && isRead(operation) && this.#random.chance(stale.probability)) {
      const outcome = attempt(() => read(stale.root, operation));
      this.#kernel.after(EFS_ONE_WAY_MS, () => settle(outcome, this.#timeline.now_ms));
      return;
    }
    const execute = () => {
      const result = this.#server.execute(operation);
      // A change of its own is what a client always sees.
      if (stale !== undefined && (operation.op === "link" || operation.op === "rename")) {
        stale.root = copyOf(this.#server.root);
      }
      return result;
    };
    this.#send({ isData: false, kernel: this.#kernel, execute, settle: settle as Call["settle"] }, at_ms);
  }

  /** Data of a process: until it is on the server the kernel keeps it, whether or not the process still lives. */
  writeData(write: () => void, settle: (outcome: Outcome<unknown>) => void): void {
    const call: Call = {
      isData: true,
      kernel: this.#kernel,
      execute: () => {
        write();
        this.#clean(call);
      },
      settle,
    };
    this.#dirty.add(call);
    this.#send(call, this.#timeline.now_ms);
  }

  /** Sees what this machine itself has written, so the writes go first. */
  readData<Value>(readIt: () => Value, settle: (outcome: Outcome<Value>) => void): void {
    const call = { isData: false, kernel: this.#kernel, execute: readIt, settle: settle as Call["settle"] };
    if (this.#dirty.size === 0) this.#send(call, this.#timeline.now_ms);
    else this.#flushed.push(() => this.#send(call, this.#timeline.now_ms));
  }

  /** To be called when something that blocked the path, or the answers, is over. */
  pathChanged(): void {
    if (this.trouble.blocked === 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const call of waiting) {
        const limit_ms = call.isData ? WRITE_BACK_MS_MAX : RETRANSMIT_MS_MAX;
        this.#kernel.after(this.#random.between(0, limit_ms), () => this.#send(call, this.#timeline.now_ms));
      }
    }
    if (this.trouble.deaf === 0) {
      const unanswered = this.#unanswered;
      this.#unanswered = [];
      for (const { call, outcome } of unanswered) this.#askAgain(call, outcome);
    }
  }

  /** The server may recognise a repeated request and repeat its answer, or do it twice. */
  #askAgain(call: Call, outcome: Outcome<unknown>): void {
    const isRecognised = this.#random.chance(0.5);
    this.#kernel.after(this.#random.between(0, RETRANSMIT_MS_MAX), () =>
      call.settle(isRecognised ? outcome : attempt(call.execute), this.#timeline.now_ms),
    );
  }

  #send(call: Call, at_ms: number): void {
    if (this.trouble.blocked > 0) {
      this.#wait(call);
      return;
    }
    const arrival_ms = at_ms + this.#oneWay();
    if (arrival_ms < this.#timeline.now_ms) this.#arrive(call, arrival_ms);
    else this.#timeline.at(arrival_ms, () => this.#arrive(call, arrival_ms));
  }

  #arrive(call: Call, at_ms: number): void {
    const { blocked, deaf, error, errorAfter, duplicate } = this.trouble;
    if (blocked > 0) {
      this.#wait(call);
      return;
    }
    let outcome: Outcome<unknown>;
    if (error > 0 && this.#random.chance(error)) {
      outcome = ioError();
      // The kernel gives up on data that the server refused.
      this.#clean(call);
    } else {
      outcome = attempt(call.execute);
      if (duplicate > 0 && this.#random.chance(duplicate)) this.#repeatLater(call);
      if (errorAfter > 0 && this.#random.chance(errorAfter)) outcome = ioError();
    }
    if (deaf > 0) {
      this.#unanswered.push({ call, outcome });
      return;
    }
    const answer_ms = at_ms + this.#oneWay();
    if (answer_ms < this.#timeline.now_ms) call.settle(outcome, answer_ms);
    else call.kernel.at(answer_ms, () => call.settle(outcome, answer_ms));
  }

  #wait(call: Call): void {
    if (call.kernel.isAlive) this.#waiting.push(call);
  }

  #repeatLater(call: Call): void {
    call.kernel.after(this.#random.skewed(1, DUPLICATE_MS_MAX), () => void attempt(call.execute));
  }

  #oneWay(): number {
    const { slow } = this.trouble;
    return slow === 1 ? EFS_ONE_WAY_MS : EFS_ONE_WAY_MS * this.#random.between(1, slow);
  }

  #clean(call: Call): void {
    this.#dirty.delete(call);
    if (this.#dirty.size > 0) return;
    const flushed = this.#flushed;
    this.#flushed = [];
    for (const act of flushed) this.#kernel.after(EFS_ONE_WAY_MS, act);
  }

  #whenFlushed(act: () => void): void {
    if (this.#dirty.size === 0) this.#kernel.after(EFS_ONE_WAY_MS, act);
    else this.#flushed.push(act);
  }
}

function attempt<Value>(execute: () => Value): Outcome<Value> {
  try {
    return { ok: true, value: execute() };
  } catch (error) {
    if (error instanceof FileSystemError) return { ok: false, error };
    throw error;
  }
}

function ioError(): Outcome<never> {
  return { ok: false, error: new FileSystemError("EIO", "input/output error") };
}
