import { POLL_MS, STALLED_MS } from "../constants.ts";

/** A longer time between two looks is not postgres' doing: the agent or its machine stood still. */
const GAP_MS_MAX = 2 * POLL_MS;

/**
 * Does a postgres that recovers get on? Progress tells a slow recovery from a dead one; its length tells nothing. Time in which the
 * file system is silent does not count: nothing could move.
 */
export class RecoveryWatch {
  #mark: string | undefined;
  #looked_at_ms: number | undefined;
  #still_ms = 0;

  /** There is none, or nothing is known of it. */
  reset(): void {
    this.#mark = undefined;
    this.#looked_at_ms = undefined;
    this.#still_ms = 0;
  }

  /** Takes a look, with the mark that recovery has made so far; returns whether it has stalled. */
  look(mark: string | undefined, isFileSystemSilent: boolean, now_ms: number): boolean {
    if (mark === undefined) {
      this.reset();
      return false;
    }
    const passed_ms = Math.min(now_ms - (this.#looked_at_ms ?? now_ms), GAP_MS_MAX);
    this.#looked_at_ms = now_ms;
    if (mark !== this.#mark) this.#still_ms = 0;
    else if (!isFileSystemSilent) this.#still_ms += passed_ms;
    this.#mark = mark;
    return this.#still_ms >= STALLED_MS;
  }
}
