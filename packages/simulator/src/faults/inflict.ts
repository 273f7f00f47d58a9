import type { Instance } from "../cloud/ec2.ts";
import type { LambdaTrouble } from "../cloud/lambda.ts";
import { REBOOT_MS } from "../constants.ts";
import { copyOf } from "../files/efs-server.ts";
import type { EfsTrouble, NfsClient } from "../files/nfs-client.ts";
import type { Fault } from "../plan/fault-plan.ts";
import type { World } from "../world.ts";
import { hitProcesses, nothing, type Undo } from "./process-faults.ts";

/** How often a fault with a target hits the instance that runs postgres. */
const HITS_ACTIVE = 0.65;

/** Does what the fault is; what it returns ends it. */
export function inflict(world: World, fault: Fault): Undo {
  const instance = targetOf(world, fault.target);
  return (
    (instance === undefined
      ? undefined
      : (hitProcesses(world.stage.timeline, instance, fault) ?? onMachine(world, instance, fault))) ??
    (instance === undefined ? undefined : (onFiles(world, instance, fault) ?? onNetwork(world, instance, fault))) ??
    onControlPlane(world, fault) ??
    byOperator(world, fault)
  );
}

function targetOf(world: World, target: number): Instance | undefined {
  const all = world.autoScaling.members();
  const active = all.find(({ machine }) => machine.postgres !== undefined);
  if (active !== undefined && target < HITS_ACTIVE) return active;
  const others = all.filter((instance) => instance !== active);
  const index = Math.floor(((target - HITS_ACTIVE) / (1 - HITS_ACTIVE)) * others.length);
  return others[Math.max(0, index)] ?? active ?? all[0];
}

function onMachine(world: World, instance: Instance, { kind, level }: Fault): Undo {
  const { machine } = instance;
  switch (kind) {
    case "machine frozen": {
      const { kernel } = machine;
      kernel.freeze();
      world.ec2.watchHealth(instance);
      return () => {
        kernel.thaw();
        world.ec2.watchHealth(instance);
      };
    }
    case "reboot":
      machine.reboot(REBOOT_MS.min + level * (REBOOT_MS.max - REBOOT_MS.min));
      return nothing;
    case "power loss":
      machine.powerOff();
      world.ec2.watchHealth(instance);
      return nothing;
    case "instance terminated":
      world.ec2.terminate(instance);
      return nothing;
    case "zone lost":
      return loseZone(world, instance);
    case "disk full":
      machine.isDiskFull = true;
      return () => {
        machine.isDiskFull = false;
      };
    default:
      return undefined;
  }
}

function loseZone(world: World, { machine: { zone } }: Instance): Undo {
  world.autoScaling.lostZones.add(zone);
  world.ec2.areTerminationsSlow = true;
  for (const instance of world.ec2.instances.values()) {
    if (instance.machine.zone !== zone) continue;
    instance.machine.powerOff();
    world.ec2.watchHealth(instance);
  }
  return () => {
    world.autoScaling.lostZones.delete(zone);
    world.ec2.areTerminationsSlow = false;
    world.autoScaling.reconcileSoon();
  };
}

function onFiles(world: World, { machine }: Instance, { kind, level }: Fault): Undo {
  const everybody = world.ec2.machines().map(({ nfs }) => nfs);
  switch (kind) {
    case "EFS outage":
    case "EFS stall":
      return block(everybody, "blocked");
    case "EFS cut off":
      return block([machine.nfs], "blocked");
    case "EFS answers lost":
      return block([machine.nfs], "deaf");
    case "EFS errors":
      return disturb([machine.nfs], "error", level / 2, 0);
    case "EFS errors after success":
      return disturb([machine.nfs], "errorAfter", level, 0);
    case "EFS requests doubled":
      return disturb(everybody, "duplicate", level, 0);
    case "EFS slow":
      return disturb(everybody, "slow", 1 + level * 500, 1);
    case "EFS stale":
      return disturb([machine.nfs], "stale", { root: copyOf(world.efs.root), probability: level }, undefined);
    default:
      return undefined;
  }
}

/** Until every fault that blocks it is over. */
function block(clients: readonly NfsClient[], how: "blocked" | "deaf"): Undo {
  for (const client of clients) client.trouble[how] += 1;
  return () => {
    for (const client of clients) {
      client.trouble[how] -= 1;
      client.pathChanged();
    }
  };
}

function disturb<Key extends keyof EfsTrouble>(
  clients: readonly NfsClient[],
  key: Key,
  value: EfsTrouble[Key],
  usual: EfsTrouble[Key],
): Undo {
  for (const { trouble } of clients) trouble[key] = value;
  return () => {
    for (const { trouble } of clients) trouble[key] = usual;
  };
}

function onNetwork(world: World, { id }: Instance, { kind, level }: Fault): Undo {
  const peers = [...world.ec2.instances.keys()].filter((other) => other !== id);
  switch (kind) {
    case "probe cut off":
      return cut(world, [
        ["probe", id],
        [id, "probe"],
      ]);
    case "peers cut off":
      return cut(
        world,
        peers.flatMap(
          (peer) =>
            [
              [peer, id],
              [id, peer],
            ] as const,
        ),
      );
    case "web cut off":
      return cut(world, [
        ["web", id],
        [id, "web"],
      ]);
    case "one way cut": {
      const ends = ["probe", "web", ...peers];
      const other = ends[Math.floor(level * ends.length)] ?? "probe";
      return cut(world, [level * 7 - Math.floor(level * 7) < 0.5 ? [other, id] : [id, other]]);
    }
    case "instance isolated":
      return cut(
        world,
        ["probe", "web", ...peers].flatMap(
          (other) =>
            [
              [other, id],
              [id, other],
            ] as const,
        ),
      );
    default:
      return undefined;
  }
}

function cut(world: World, pairs: readonly (readonly [string, string])[]): Undo {
  for (const [from, to] of pairs) world.network.cut(from, to);
  return () => {
    for (const [from, to] of pairs) world.network.heal(from, to);
  };
}

function onControlPlane(world: World, { kind, level }: Fault): Undo {
  const { trouble: api, lambda, ec2 } = world;
  switch (kind) {
    case "clock jumps": {
      // The function's; agents measure time by clocks that nobody can set.
      const jump_ms = (level - 0.3) * 3_600_000;
      lambda.clockOffset_ms += jump_ms;
      return () => {
        lambda.clockOffset_ms -= jump_ms;
      };
    }
    case "EC2 fails":
      return during(api, "ec2Failing", level, 0);
    case "EC2 throttles":
      return during(api, "ec2Throttled", level, 0);
    case "EC2 slow":
      return during(api, "ec2Slow", 1 + level * 300, 1);
    case "EC2 stale":
      return during(api, "ec2Stale_ms", level * 120_000, 0);
    case "probe fails":
      return during(api, "probeFailing", level, 0);
    case "grants lost":
      return during(api, "grantsLost", level, 0);
    case "grants repeated":
      return during(api, "grantsRepeated_ms", level * 600_000, 0);
    case "terminations slow":
      return during(ec2, "areTerminationsSlow", true, false);
    case "invocations lost":
      return during<LambdaTrouble, "lost">(lambda.trouble, "lost", level, 0);
    case "invocations late":
      return during<LambdaTrouble, "late">(lambda.trouble, "late", level, 0);
    case "invocations doubled":
      return during<LambdaTrouble, "doubled">(lambda.trouble, "doubled", level, 0);
    case "invocations killed":
      return during<LambdaTrouble, "killed">(lambda.trouble, "killed", level, 0);
    case "cold starts":
      return during<LambdaTrouble, "cold">(lambda.trouble, "cold", level, 0);
    default:
      return undefined;
  }
}

function during<Owner, Key extends keyof Owner>(owner: Owner, key: Key, value: Owner[Key], usual: Owner[Key]): Undo {
  owner[key] = value;
  return () => {
    owner[key] = usual;
  };
}

function byOperator({ autoScaling, lambda }: World, { kind, level }: Fault): Undo {
  switch (kind) {
    case "instance refresh":
      autoScaling.refresh(60_000 + level * 240_000);
      return nothing;
    case "switchover":
      lambda.switchOver();
      return nothing;
    case "scale in":
    case "scale out": {
      const change = kind === "scale in" ? Math.min(1, autoScaling.desired - 1) : 1;
      autoScaling.desired += kind === "scale in" ? -change : change;
      autoScaling.reconcileSoon();
      return () => {
        autoScaling.desired += kind === "scale in" ? change : -change;
        autoScaling.reconcileSoon();
      };
    }
    default:
      return undefined;
  }
}
