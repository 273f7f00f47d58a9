import { WRITE_AFTER_MS, WRITE_BEFORE_MS } from "../constants.ts";
import type { Fault } from "../plan/fault-plan.ts";
import type { World } from "../world.ts";
import { inflict } from "./inflict.ts";

/** A fault counts as the cause of an outage that begins within this time. */
const BLAME_MS = 120_000;

/** The faults of a history, each begun and ended at its time. */
export class Faults {
  /** How many are under way. */
  active = 0;
  /** When the last of them ended. */
  quietSince_ms = 0;
  readonly #world: World;
  readonly #planned: readonly Fault[];

  constructor(world: World, planned: readonly Fault[]) {
    this.#world = world;
    this.#planned = planned;
  }

  /** When the last one ends. */
  get end_ms(): number {
    return this.#planned.reduce((latest, fault) => Math.max(latest, fault.at_ms + fault.duration_ms), 0);
  }

  begin(): void {
    const { writers } = this.#world;
    const { timeline } = this.#world.stage;
    for (const fault of this.#planned) {
      const end_ms = fault.at_ms + fault.duration_ms;
      for (const at_ms of [fault.at_ms, end_ms]) {
        timeline.at(at_ms - WRITE_BEFORE_MS, () => writers.writeUntil(at_ms + WRITE_AFTER_MS));
      }
      timeline.at(fault.at_ms, () => this.#begin(fault));
    }
  }

  /** The kind of the fault that an outage comes from; several at once are a kind of their own. */
  blame(from_ms: number, until_ms: number): string {
    const near = this.#planned.filter(
      ({ at_ms, duration_ms }) => at_ms <= until_ms && at_ms + duration_ms >= from_ms - BLAME_MS,
    );
    const kind = near.length > 1 ? "several at once" : (near[0]?.kind ?? "none");
    // Without a standby there is nobody to take over: another thing altogether.
    return this.#world.isSingle ? `${kind}, alone` : kind;
  }

  #begin(fault: Fault): void {
    const world = this.#world;
    world.disturb();
    this.active += 1;
    world.stage.say(
      "fault",
      fault.kind,
      fault.duration_ms === 0 ? "" : `for ${(fault.duration_ms / 1_000).toFixed(1)} s`,
    );
    const undo = inflict(world, fault);
    world.stage.changed();
    world.stage.timeline.after(fault.duration_ms, () => {
      world.disturb();
      this.active -= 1;
      if (this.active === 0) this.quietSince_ms = world.stage.timeline.now_ms;
      if (fault.duration_ms > 0) world.stage.say("fault", "over", fault.kind);
      undo?.();
      world.stage.changed();
    });
  }
}
