import { setTimeout as delay } from "node:timers/promises";
import { ANSWER_PATIENCE_MS } from "./constants.ts";
import type { Process } from "./process.ts";

/** What runs in a process of its own and can be started anew: whoever uses it asks for the current one. */
export class Part<Kept extends { readonly process: Process }> {
  readonly #start: () => Promise<Kept>;
  #current: Kept;

  private constructor(start: () => Promise<Kept>, first: Kept) {
    this.#start = start;
    this.#current = first;
  }

  static async start<Kept extends { readonly process: Process }>(start: () => Promise<Kept>): Promise<Part<Kept>> {
    return new Part(start, await start());
  }

  get current(): Kept {
    return this.#current;
  }

  /** Without asking: it may be past hearing. When it can't be started, the dead one stays the current one. */
  async restart(): Promise<void> {
    await this.#current.process.kill();
    this.#current = await this.#start();
  }

  /** Unless it lives and `answers`. */
  async restartUnless(answers: (current: Kept) => Promise<boolean>): Promise<void> {
    const isAlive = this.#current.process.isAlive();
    const isWell = isAlive && (await Promise.race([answers(this.#current).catch(() => false), silence()]));
    if (!isWell) await this.restart();
  }

  async stop(): Promise<void> {
    await this.#current.process.stop();
  }
}

/** It had time enough to answer. */
function silence(): Promise<false> {
  return delay(ANSWER_PATIENCE_MS, false, { ref: false });
}
