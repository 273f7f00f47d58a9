import type { ProcessGroup } from "./process-group.ts";
import { processIds, readProcessStat } from "./process-stat.ts";

/** Finds the processes that were born into the groups; each process is asked only once where it comes from. */
export class ProcessCensus {
  #strangers = new Set<number>();

  /** Processes that were strangers so far may be descendants of a new root. */
  startOver(): void {
    this.#strangers.clear();
  }

  take(groups: readonly ProcessGroup[]): void {
    const ids = processIds();
    let unknown = ids
      .filter((pid) => !this.#strangers.has(pid) && !groups.some((group) => group.has(pid)))
      .map(readProcessStat)
      .filter((stat) => stat !== undefined);
    for (;;) {
      const rest = unknown.filter((stat) => {
        const home = groups.find((group) => group.isHome(stat));
        home?.add(stat);
        return home === undefined;
      });
      // A child with a lower id than its parent's is found one round later.
      if (rest.length === unknown.length) break;
      unknown = rest;
    }
    const strangers = new Set(unknown.map(({ pid }) => pid));
    for (const pid of ids) if (this.#strangers.has(pid)) strangers.add(pid);
    this.#strangers = strangers;
    for (const group of groups) group.refresh();
  }
}
