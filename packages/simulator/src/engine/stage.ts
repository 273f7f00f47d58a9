import type { CodeUnderTest } from "../code-under-test.ts";
import { Random } from "./random.ts";
import { Timeline } from "./timeline.ts";
import type { TraceLine } from "./trace.ts";

export interface StageOptions {
  readonly seed: number;
  readonly code: CodeUnderTest;
  /** Leave out what is certain to change nothing. */
  readonly skips: boolean;
  readonly onTrace: ((line: TraceLine) => void) | undefined;
  /** Something changed that the failover function, or who watches over the promises, could see. */
  readonly onChanged: () => void;
}

/** What every part of a history stands on: time, chance, the code under test, and words. It knows none of the parts. */
export class Stage {
  readonly code: CodeUnderTest;
  readonly skips: boolean;
  readonly timeline = new Timeline();
  /** The secret that the function signs with, and the agents check. */
  readonly grantKey = "5a".repeat(32);
  /** Counts everything that the failover function could see. */
  revision = 0;
  readonly #seed: number;
  readonly #onTrace: StageOptions["onTrace"];
  readonly #onChanged: () => void;
  readonly #said = new Map<string, string>();
  #tokens = 0;
  #resumed = false;
  #error: unknown;

  constructor({ seed, code, skips, onTrace, onChanged }: StageOptions) {
    this.#seed = seed;
    this.code = code;
    this.skips = skips;
    this.#onTrace = onTrace;
    this.#onChanged = onChanged;
  }

  /** The numbers of one part: no other part's use of chance shifts them. */
  random(name: string): Random {
    return new Random(this.#seed, name);
  }

  /**
   * Does what happens next; afterwards the promises that it kept have gone on. To be
   * called from a microtask: then Node takes the next tick only when no microtask is left, without a turn of the event loop.
   */
  async advance(): Promise<void> {
    this.timeline.advance();
    while (this.#resumed) {
      this.#resumed = false;
      await new Promise<void>((resolve) => process.nextTick(resolve));
    }
    if (this.#error !== undefined) throw this.#error;
  }

  /** A promise is about to be kept. */
  resumes(): void {
    this.#resumed = true;
  }

  fail(error: unknown): void {
    this.#error = error;
  }

  /** To be called after a change that the function, or who watches over the promises, could see. */
  changed(): void {
    this.revision += 1;
    this.#onChanged();
  }

  say(who: string, what: string, detail: string): void {
    this.#onTrace?.({ at_ms: this.timeline.now_ms, who, what, detail });
  }

  /** Unless it is what was said last. */
  sayOnce(who: string, what: string, detail: string): void {
    if (this.#onTrace === undefined || this.#said.get(who) === what + detail) return;
    this.#said.set(who, what + detail);
    this.say(who, what, detail);
  }

  token(): string {
    this.#tokens += 1;
    return `t${this.#tokens}`;
  }
}
