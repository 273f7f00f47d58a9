import { Liveness, type LivenessHooks, POLL_MS, QUERY_TIMEOUT_MS } from "@cloudy/db-agent";
import type { Life } from "../engine/life.ts";
import type { Scheduled, Timeline } from "../engine/timeline.ts";
import type { PostgresServer } from "./postgres-server.ts";

export interface SessionHooks extends LivenessHooks {
  onHung(): void;
  /** May looks be left out that are certain to change nothing? */
  readonly skips: boolean;
  /** The machine's. */
  postgres(): PostgresServer | undefined;
}

/** The agent's own looks at its postgres, at the same pace as the real ones; what follows from them is the real Liveness. */
export class Session {
  readonly #timeline: Timeline;
  readonly #agent: Life;
  readonly #hooks: SessionHooks;
  readonly #liveness: Liveness;
  readonly #begun_ms: number;
  #next: Scheduled | undefined;
  /** The number of the last look, at a time that only depends on it. */
  #looks = 0;
  /** All is well, and looks are left out until something changes. */
  #isSettled = false;

  constructor(timeline: Timeline, agent: Life, hooks: SessionHooks) {
    this.#timeline = timeline;
    this.#agent = agent;
    this.#hooks = hooks;
    this.#liveness = new Liveness(hooks);
    this.#begun_ms = timeline.now_ms;
  }

  begin(): void {
    this.end();
    this.#liveness.begin(this.#timeline.now_ms);
    this.nudge();
  }

  end(): void {
    this.#timeline.cancel(this.#next);
    this.#next = undefined;
    this.#isSettled = false;
    this.#liveness.end();
  }

  /** Something changes or has just changed: the next look, at its usual time, may see it. Those left out before it were answered. */
  nudge(): void {
    if (!this.#liveness.alive || this.#next !== undefined) return;
    const since_ms = this.#timeline.now_ms - this.#begun_ms;
    const due = Math.ceil(since_ms / POLL_MS);
    const isLeftOut = this.#isSettled && due - 1 > this.#looks;
    this.#isSettled = false;
    if (isLeftOut) this.#liveness.conclude("ok", this.#timeline.now_ms - (since_ms - (due - 1) * POLL_MS));
    this.#looks = Math.max(this.#looks + 1, due);
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
    const outcome = answer === "ok" || answer === "error" ? answer : "nothing";
    if (this.#liveness.conclude(outcome, this.#timeline.now_ms) !== undefined) this.#hooks.onHung();
    this.#isSettled = this.#hooks.skips && answer === "ok" && this.#liveness.stable;
    if (!this.#isSettled) this.nudge();
  }
}
