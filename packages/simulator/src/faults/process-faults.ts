import type { Instance } from "../cloud/ec2.ts";
import type { Life } from "../engine/life.ts";
import type { Timeline } from "../engine/timeline.ts";
import type { Machine } from "../machine/machine.ts";
import type { Fault } from "../plan/fault-plan.ts";

/** Ends a fault; `undefined`: the fault is none of these. */
export type Undo = (() => void) | undefined;

/** For what is over as soon as it has happened. */
export const nothing = () => undefined;

/** A recovery may be so many times as long: minutes. */
const SLOWNESS_MAX = 100;

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
    case "postgres unkillable":
      postgres?.holdInKernel(true);
      return () => postgres?.holdInKernel(false);
    case "postmaster frozen":
      return freeze(postgres?.postmasterLife);
    case "recovery stuck":
    case "recovery slow":
    case "secrets away":
      return hinder(machine, kind, level);
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

/** Its postgres is killed, and what starts it again finds something that it had not reckoned with. */
function hinder(machine: Machine, kind: "recovery stuck" | "recovery slow" | "secrets away", level: number): Undo {
  const { agent, postgres } = machine;
  switch (kind) {
    case "recovery stuck":
      machine.isRecoveryStuck = true;
      postgres?.signal("kill");
      return () => {
        machine.isRecoveryStuck = false;
        machine.postgres?.unstick();
      };
    case "recovery slow":
      machine.recoverySlowness = 1 + level * SLOWNESS_MAX;
      postgres?.signal("kill");
      return () => {
        machine.recoverySlowness = 1;
      };
    case "secrets away":
      machine.areSecretsAway = true;
      // Often its disk is new as well, and has no copy of them.
      if (level < 0.5) machine.hasMeans = false;
      agent?.die();
      postgres?.signal("kill");
      return () => {
        machine.areSecretsAway = false;
      };
  }
}

function freeze(life: Life | undefined): Undo {
  life?.freeze();
  return () => life?.thaw();
}
