import { setTimeout as pause } from "node:timers/promises";

/** Time, passed in: the system's, or the simulator's virtual one. */
export interface Clock {
  readonly now_ms: () => number;
  readonly sleep: (delay_ms: number) => Promise<void>;
  /** For deadlines: calls `act` once after that time; what it returns cancels it. */
  readonly after: (delay_ms: number, act: () => void) => () => void;
}

/** By Date and timers, so that it follows the clock of its process. */
export const systemClock: Clock = {
  now_ms: () => Date.now(),
  sleep: (delay_ms) => pause(delay_ms),
  after: (delay_ms, act) => {
    const timer = setTimeout(act, delay_ms);
    return () => clearTimeout(timer);
  },
};
