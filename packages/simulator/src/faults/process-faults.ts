import type { Instance } from "../cloud/ec2.ts";
import type { Life } from "../engine/life.ts";
import type { Timeline } from "../engine/timeline.ts";
import type { Fault } from "../plan/fault-plan.ts";

/** Ends a fault; `undefined`: the fault is none of these. */
export type Undo = (() => void) | undefined;

/** For what is over as soon as it has happened. */
export const nothing = () => undefined;

/** A release takes about so long, from the request to its last operation. */
const RELEASE_MS = 40;

/** Faults of postgres, of the agent and of its file process on one instance. */
export function hitProcesses(timeline: Timeline, instance: Instance, { kind, level }: Fault): Undo {
  const { machine } = instance;
  const { agent, postgres } = machine;
  switch (kind) {
    case "postgres killed":
      postgres?.crash();
      return nothing;
    case "backend crashed":
      postgres?.crashBackend();
      return nothing;
    case "postgres hangs":
      postgres?.hang();
      return nothing;
    case "agent killed":
      agent?.die();
      return nothing;
    case "agent and postgres killed":
      agent?.die();
      postgres?.signal("kill");
      return nothing;
    case "agent stopped":
      machine.restartAgent();
      return nothing;
    case "agent killed as it releases":
      return killAsItReleases(timeline, instance, level);
    case "agent frozen":
      return freeze(agent?.life);
    case "shared files frozen":
      return freeze(agent?.filesLife);
    case "postgres frozen":
      return freeze(postgres?.life);
    default:
      return undefined;
  }
}

/** It is told to stop; when it has asked for the release its file process freezes at some operation of it, and it is killed. */
function killAsItReleases(timeline: Timeline, { machine }: Instance, level: number): Undo {
  const { agent } = machine;
  if (agent === undefined) return nothing;
  let isOver = false;
  machine.onRelease = (releasing) => {
    machine.onRelease = undefined;
    if (releasing !== agent) return;
    timeline.after(level * RELEASE_MS, () => {
      if (isOver) return;
      agent.filesLife.freeze();
      agent.die();
    });
  };
  machine.restartAgent();
  return () => {
    isOver = true;
    machine.onRelease = undefined;
    agent.filesLife.thaw();
  };
}

function freeze(life: Life | undefined): Undo {
  life?.freeze();
  return () => life?.thaw();
}
