import type { Timeline } from "../engine/timeline.ts";
import type { Fault, Plan } from "./fault-plan.ts";

/** A fault counts as the cause of an outage that begins within this time. */
const BLAME_MS = 120_000;

/** What checks may know of the faults of a history: which there are, whether one is under way, and what an outage comes from. */
export class FaultRecord {
  readonly planned: readonly Fault[];
  readonly #timeline: Timeline;
  /** The group has one instance: no standby. */
  readonly #isSingle: boolean;
  #active = 0;
  #quietSince_ms = 0;

  constructor(timeline: Timeline, { instances, faults }: Plan) {
    this.#timeline = timeline;
    this.#isSingle = instances === 1;
    this.planned = faults;
  }

  begun(): void {
    this.#active += 1;
  }

  over(): void {
    this.#active -= 1;
    if (this.#active === 0) this.#quietSince_ms = this.#timeline.now_ms;
  }

  /** When the last fault ended; `undefined` while one is under way. */
  get quietSince_ms(): number | undefined {
    return this.#active === 0 ? this.#quietSince_ms : undefined;
  }

  /** When the last one of all ends. */
  get end_ms(): number {
    return this.planned.reduce((latest, fault) => Math.max(latest, fault.at_ms + fault.duration_ms), 0);
  }

  /** The kind of the fault that an outage comes from; several at once are a kind of their own. */
  blame(from_ms: number, until_ms: number): string {
    const near = this.planned.filter(
      ({ at_ms, duration_ms }) => at_ms <= until_ms && at_ms + duration_ms >= from_ms - BLAME_MS,
    );
    const kind = near.length > 1 ? "several at once" : (near[0]?.kind ?? "none");
    // Without a standby there is nobody to take over: another thing altogether.
    return this.#isSingle ? `${kind}, alone` : kind;
  }
}
