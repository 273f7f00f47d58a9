import { LEAVE_MS_MAX, UNFIT_MS_MAX } from "../constants.ts";
import { lackedMeans } from "./fitness.ts";
import type { AgentState, Event } from "./state.ts";
import { isHolder } from "./status.ts";

type Overdue = Extract<Event, { kind: "unfit-overdue" | "leave-overdue" }>;

const LIMITS_MS = { "unfit-overdue": UNFIT_MS_MAX, "leave-overdue": LEAVE_MS_MAX } as const;

/** For how long a holder may wait for what would let it start, or take to leave: the core itself has no clock. */
export class Patience {
  #awaited: Overdue["kind"] | undefined;
  #since_ms = 0;
  #isTold = false;

  /** What the core has to hear now, once each time. */
  look(state: AgentState, now_ms: number): Overdue | undefined {
    const awaited = awaitedBy(state);
    if (awaited !== this.#awaited) {
      this.#awaited = awaited;
      this.#since_ms = now_ms;
      this.#isTold = false;
    }
    if (awaited === undefined || this.#isTold || now_ms - this.#since_ms < LIMITS_MS[awaited]) return undefined;
    this.#isTold = true;
    return { kind: awaited };
  }

  /** Whether time runs in this state: looks must go on. */
  runsIn(state: AgentState): boolean {
    const awaited = awaitedBy(state);
    return awaited !== undefined && !(awaited === this.#awaited && this.#isTold);
  }
}

function awaitedBy(state: AgentState): Overdue["kind"] | undefined {
  if (!isHolder(state)) return undefined;
  if (state.intent === "step-down" || state.intent === "exit") {
    // What a silent file system holds up is told by that itself.
    return state.fileSystem === "ok" ? "leave-overdue" : undefined;
  }
  const waits = state.intent === "serve" && state.postgres.is === "absent" && state.pending === "none";
  return waits && lackedMeans(state).length > 0 ? "unfit-overdue" : undefined;
}
