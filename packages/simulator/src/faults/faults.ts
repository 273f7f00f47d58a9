import { WRITE_AFTER_MS, WRITE_BEFORE_MS } from "../constants.ts";
import type { Fault } from "../plan/fault-plan.ts";
import type { World } from "../world.ts";
import { inflict } from "./inflict.ts";

/** Lets each fault of the plan begin and end at its time, with clients that write around it. */
export function scheduleFaults(world: World): void {
  const { timeline } = world.stage;
  for (const fault of world.faults.planned) {
    const end_ms = fault.at_ms + fault.duration_ms;
    for (const at_ms of [fault.at_ms, end_ms]) {
      timeline.at(at_ms - WRITE_BEFORE_MS, () => world.writers.writeUntil(at_ms + WRITE_AFTER_MS));
    }
    timeline.at(fault.at_ms, () => begin(world, fault));
  }
}

function begin(world: World, fault: Fault): void {
  const { stage, faults } = world;
  world.disturb();
  faults.begun();
  stage.say("fault", fault.kind, fault.duration_ms === 0 ? "" : `for ${(fault.duration_ms / 1_000).toFixed(1)} s`);
  const undo = inflict(world, fault);
  stage.changed();
  stage.timeline.after(fault.duration_ms, () => {
    world.disturb();
    faults.over();
    if (fault.duration_ms > 0) stage.say("fault", "over", fault.kind);
    undo?.();
    stage.changed();
  });
}
