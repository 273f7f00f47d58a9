import { STABLE_MS, START_SILENCE_MS, UNRESPONSIVE_MS } from "../constants.ts";

/**
 * What one look at a postgres brought: it did what was asked (`ok`), said that it cannot now (`error`: it recovers, shuts down
 * or is full, but does not hang), or said nothing.
 */
export type LookOutcome = "ok" | "error" | "nothing";

export interface LivenessHooks {
  onAccepting(accepting: boolean): void;
  onStable(): void;
}

/** What follows from one look after the other: does postgres accept, has it proved stable, does it hang? */
export class Liveness {
  readonly #hooks: LivenessHooks;
  #alive = false;
  #accepting = false;
  #stable = false;
  #accepted_at_ms: number | undefined;
  /** When it answered last (before its first answer: when it began), and whether it ever did. */
  #answered_at_ms = 0;
  #answered = false;

  constructor(hooks: LivenessHooks) {
    this.#hooks = hooks;
  }

  /** There is a postgres to watch. */
  get alive(): boolean {
    return this.#alive;
  }

  get accepting(): boolean {
    return this.#accepting;
  }

  get stable(): boolean {
    return this.#stable;
  }

  begin(now_ms: number): void {
    this.end();
    this.#alive = true;
    this.#answered = false;
    this.#answered_at_ms = now_ms;
  }

  end(): void {
    this.#alive = false;
    this.#accepting = false;
    this.#stable = false;
    this.#accepted_at_ms = undefined;
  }

  /** Returns for how long postgres has said nothing when that means that it hangs, told again after as long a time. */
  conclude(outcome: LookOutcome, now_ms: number): number | undefined {
    if (!this.#alive) return undefined;
    if (outcome !== "nothing") {
      this.#answered = true;
      this.#answered_at_ms = now_ms;
    }
    this.#report(outcome === "ok", now_ms);
    const silent_ms = now_ms - this.#answered_at_ms;
    if (!this.#alive || silent_ms <= (this.#answered ? UNRESPONSIVE_MS : START_SILENCE_MS)) return undefined;
    this.#answered_at_ms = now_ms;
    return silent_ms;
  }

  #report(accepting: boolean, now_ms: number): void {
    if (accepting) this.#accepted_at_ms ??= now_ms;
    if (accepting !== this.#accepting) {
      this.#accepting = accepting;
      this.#hooks.onAccepting(accepting);
    }
    if (accepting && !this.#stable && now_ms - (this.#accepted_at_ms ?? 0) > STABLE_MS) {
      this.#stable = true;
      this.#hooks.onStable();
    }
  }
}
