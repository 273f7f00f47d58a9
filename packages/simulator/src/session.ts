import { POLL_MS, QUERY_TIMEOUT_MS, STABLE_MS, START_SILENCE_MS, UNRESPONSIVE_MS } from "@cloudy/db-agent";
import type { Life } from "./life.ts";
import type { PostgresServer } from "./postgres-server.ts";
import type { Scheduled, Timeline } from "./timeline.ts";

export interface SessionHooks {
  onAccepting(accepting: boolean): void;
  onStable(): void;
  onHung(): void;
  /** The machine's postgres, and its clock. */
  postgres(): PostgresServer | undefined;
  clock_ms(): number;
}

/** What the agent's own session with its postgres finds out, at the same pace as the real one. */
export class Session {
  readonly #timeline: Timeline;
  readonly #agent: Life;
  readonly #hooks: SessionHooks;
  readonly #begun_ms: number;
  #next: Scheduled | undefined;
  /** The number of the last look, at a time that only depends on it. */
  #looks = 0;
  #alive = false;
  #accepting = false;
  #stable = false;
  #accepted_at_ms: number | undefined;
  #answered_at_ms = 0;
  #answered = false;

  constructor(timeline: Timeline, agent: Life, hooks: SessionHooks) {
    this.#timeline = timeline;
    this.#agent = agent;
    this.#hooks = hooks;
    this.#begun_ms = timeline.now_ms;
  }

  begin(): void {
    this.end();
    this.#alive = true;
    this.#answered = false;
    this.#answered_at_ms = this.#hooks.clock_ms();
    this.nudge();
  }

  end(): void {
    this.#timeline.cancel(this.#next);
    this.#next = undefined;
    this.#alive = false;
    this.#accepting = false;
    this.#stable = false;
    this.#accepted_at_ms = undefined;
  }

  /** Something changed: the next look, at its usual time, may see it. */
  nudge(): void {
    if (!this.#alive || this.#next !== undefined) return;
    const since_ms = this.#timeline.now_ms - this.#begun_ms;
    this.#looks = Math.max(this.#looks + 1, Math.ceil(since_ms / POLL_MS));
    const at_ms = this.#begun_ms + this.#looks * POLL_MS;
    this.#next = this.#agent.at(at_ms, () => this.#look());
  }

  #look(): void {
    this.#next = undefined;
    const answer = this.#hooks.postgres()?.sessionAnswer ?? "refused";
    if (answer === "silent") {
      this.#next = this.#agent.after(QUERY_TIMEOUT_MS, () => this.#conclude(answer));
      return;
    }
    this.#conclude(answer);
  }

  #conclude(answer: "ok" | "error" | "refused" | "silent"): void {
    this.#next = undefined;
    if (!this.#alive) return;
    const now_ms = this.#hooks.clock_ms();
    if (answer === "ok" || answer === "error") {
      this.#answered_at_ms = now_ms;
      this.#answered = true;
    }
    this.#report(answer === "ok", now_ms);
    const silent_ms = now_ms - this.#answered_at_ms;
    if (silent_ms > (this.#answered ? UNRESPONSIVE_MS : START_SILENCE_MS)) {
      this.#answered_at_ms = now_ms;
      this.#hooks.onHung();
    }
    const isSettled = answer === "ok" && this.#stable;
    if (this.#alive && !isSettled) this.nudge();
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
