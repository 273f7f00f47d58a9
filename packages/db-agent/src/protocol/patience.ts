import { LEAVE_MS_MAX, STOP_MS_MAX, UNFIT_MS_MAX } from "../constants.ts";
import { lackedMeans } from "./fitness.ts";
import type { AgentState, Event } from "./state.ts";
import { isHolder, isLeaving } from "./status.ts";

type Overdue = Extract<Event, { kind: "unfit-overdue" | "leave-overdue" }>;

const LIMITS_MS = { means: UNFIT_MS_MAX, shutdown: LEAVE_MS_MAX, end: STOP_MS_MAX } as const;

type Awaited = keyof typeof LIMITS_MS;

/** For how long a holder may wait for what would let it start, or take to leave: the core itself has no clock. */
export class Patience {
  #awaited: Awaited | undefined;
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
    return { kind: awaited === "means" ? "unfit-overdue" : "leave-overdue" };
  }

  /** Whether time runs in this state: looks must go on. */
  runsIn(state: AgentState): boolean {
    const awaited = awaitedBy(state);
    return awaited !== undefined && !(awaited === this.#awaited && this.#isTold);
  }
}

function awaitedBy(state: AgentState): Awaited | undefined {
  if (!isHolder(state)) return undefined;
  const { postgres } = state;
  if (isLeaving(state)) {
    // What a silent file system holds up is told by that itself.
    if (state.fileSystem !== "ok") return undefined;
    const isAlive = postgres.is === "started" || postgres.is === "adopted";
    return isAlive && postgres.stopping !== "immediate" ? "shutdown" : "end";
  }
  const waits = state.intent === "serve" && postgres.is === "absent" && state.pending === "none";
  return waits && lackedMeans(state).length > 0 ? "means" : undefined;
}
