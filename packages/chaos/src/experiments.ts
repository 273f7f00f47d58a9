import {
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  ModifyInstanceAttributeCommand,
  ModifyNetworkInterfaceAttributeCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import type { AgentLogCode } from "@cloudy/contracts/agent-log.ts";
import { blockView } from "./blocked-view.ts";
import { FREEZE_INTERVAL_MS, HARMLESS_MS, HEALS_MS, STALL_MS } from "./constants.ts";
import { BrokenPromise } from "./errors.ts";
import { signal } from "./processes.ts";
import type { Epoch, World } from "./world.ts";

/** One fault and what has to come of it. */
export interface Experiment {
  readonly name: string;
  /** The promise, as a sentence. */
  readonly promise: string;
  /** Does the fault and waits until the system has dealt with it; rejects with BrokenPromise. */
  readonly run: (world: World, before: Epoch) => Promise<void>;
}

export const EXPERIMENTS: readonly Experiment[] = [
  {
    name: "first-start",
    promise: "two instances started at once on an empty directory: one initdb, one epoch, one writer",
    run: async (world) => {
      const databases = await world.databases();
      const initialized = databases.filter((id) => logged(world, id, "data-initialized") > 0);
      if (initialized.length !== 1) throw new BrokenPromise(`${initialized.length} instances ran initdb`);
      const expected = ["epoch-1.json"];
      const names = world.epochNames();
      if (names.join() !== expected.join()) throw new BrokenPromise(`there are ${names.join(", ")}`);
    },
  },
  {
    name: "postgres-killed",
    promise: "kill -9 of the postmaster: started again on the same instance, in the same epoch",
    run: async (world, { holder, number }) => {
      const killed = world.postmaster(holder);
      world.kill(killed, "SIGKILL");
      await world.until("another postmaster", HEALS_MS, () => {
        const now = world.postmaster(holder);
        return now !== undefined && now.pid !== killed?.pid;
      });
      expectEpoch(world, number, holder);
    },
  },
  {
    name: "agent-killed",
    promise: "kill -9 of the agent: postgres serves on in its epoch, the next agent adopts it",
    run: async (world, { holder, number }) => {
      const postmaster = world.postmaster(holder);
      await killAgent(world, holder);
      await world.until(
        "a new agent that adopts postgres",
        HEALS_MS,
        () => logged(world, holder, "postgres-adopted") > 0,
      );
      expectEpoch(world, number, holder);
      if (world.postmaster(holder)?.pid !== postmaster?.pid) throw new BrokenPromise("postgres did not serve on");
    },
  },
  {
    name: "both-killed",
    promise: "kill -9 of agent and postgres: a later epoch serves, and nothing was started in the old one",
    run: async (world, { holder, number }) => {
      world.kill(world.processes("agent", holder)[0], "SIGKILL");
      world.kill(world.postmaster(holder), "SIGKILL");
      await served(world, number);
    },
  },
  {
    name: "agent-stopped",
    promise: "SIGTERM to the agent: clean shutdown, release, and the next epoch serves",
    run: async (world, { holder, number }) => {
      world.kill(world.processes("agent", holder)[0], "SIGTERM");
      await served(world, number);
      if (!world.epochNames().includes(`epoch-${number}.released`))
        throw new BrokenPromise(`epoch ${number} was not released`);
    },
  },
  {
    name: "file-system-stall",
    promise: "the agent's view of the file system stalls for less than its limit: nothing happens",
    run: async (world, { holder, number }) => {
      const unblock = await blockView(world, holder);
      await world.pause(STALL_MS).finally(unblock);
      await world.pause(HARMLESS_MS);
      expectEpoch(world, number, holder);
    },
  },
  {
    name: "file-system-silent",
    promise: "the agent's view of the file system is gone for good: postgres is ended and another instance serves",
    run: async (world, { holder, number }) => {
      const unblock = await blockView(world, holder);
      await servedByAnother(world, number, holder).finally(unblock);
    },
  },
  {
    name: "frozen",
    promise: "every process of the writer's instance is frozen past every limit: fenced, and another instance serves",
    run: async (world, { holder, number }) => {
      const thaw = freeze(world, [holder]);
      try {
        await servedByAnother(world, number, holder);
      } finally {
        // What is left of it would wake up now; it was terminated, so there is nothing left.
        thaw();
      }
      if (world.everything(holder).length > 0) throw new BrokenPromise(`processes of ${holder} are alive`);
    },
  },
  {
    name: "all-frozen",
    promise: "all databases are frozen for a while: the function is blind, ends nobody, and the writer goes on",
    run: async (world, { holder, number }) => {
      const before = await world.databases();
      const thaw = freeze(world, before);
      await world.pause(HARMLESS_MS).finally(thaw);
      await world.acknowledges(HEALS_MS);
      expectEpoch(world, number, holder);
      await expectInstances(world, before);
    },
  },
  {
    name: "probe-cut-off",
    promise: "the probe reaches no database: the function is blind, ends nobody, and the writer goes on",
    run: async (world, { holder, number }) => {
      const before = await world.databases();
      const reconnect = await cutOffProbe(world);
      try {
        await world.pause(HARMLESS_MS);
        await world.acknowledges(HEALS_MS);
      } finally {
        await reconnect();
      }
      expectEpoch(world, number, holder);
      await expectInstances(world, before);
    },
  },
  {
    name: "writer-cut-off",
    promise: "nobody can open a connection to the writer any more: fenced, and another instance serves",
    run: async (world, { holder, number }) => {
      await world.ec2.send(
        new ModifyInstanceAttributeCommand({ InstanceId: holder, Groups: [await groupWithoutWayIn(world)] }),
      );
      world.say(`     ${holder} gets a security group that lets nobody in`);
      await servedByAnother(world, number, holder);
    },
  },
  {
    name: "terminated",
    promise: "the writer's instance is terminated without a shutdown: another instance serves",
    run: async (world, { holder, number }) => {
      await world.ec2.send(new TerminateInstancesCommand({ InstanceIds: [holder], SkipOsShutdown: true }));
      world.say(`     ${holder} is terminated`);
      await servedByAnother(world, number, holder);
    },
  },
];

async function killAgent(world: World, instanceId: string): Promise<void> {
  const [agent] = world.processes("agent", instanceId);
  world.kill(agent, "SIGKILL");
  await world.until("a new agent", HEALS_MS, () => {
    const [now] = world.processes("agent", instanceId);
    return now !== undefined && now.pid !== agent?.pid;
  });
}

/** How often the instance's agents have logged this event. */
function logged(world: World, instanceId: string, code: AgentLogCode): number {
  return world.log(instanceId).filter((event) => event.code === code).length;
}

function expectEpoch(world: World, number: number, holder: string): void {
  const now = world.epoch();
  if (now.number === number && now.holder === holder && !now.isReleased) return;
  throw new BrokenPromise(`epoch ${number} of ${holder} became epoch ${now.number} of ${now.holder}`);
}

async function expectInstances(world: World, before: readonly string[]): Promise<void> {
  const now = await world.databases();
  if (now.join() !== before.join()) throw new BrokenPromise(`${before.join(", ")} became ${now.join(", ")}`);
}

/** A later epoch exists, and its holder runs postgres. */
async function served(world: World, number: number): Promise<void> {
  await world.until(`an epoch after ${number} whose holder runs postgres`, HEALS_MS, () => {
    const now = world.epoch();
    return now.number > number && world.postmaster(now.holder) !== undefined;
  });
}

async function servedByAnother(world: World, number: number, holder: string): Promise<void> {
  await world.until(`an epoch after ${number} of another instance that runs postgres`, HEALS_MS, () => {
    const now = world.epoch();
    return now.number > number && now.holder !== holder && world.postmaster(now.holder) !== undefined;
  });
}

/**
 * Stops every process of the instances, new ones too, until the returned function is called. Again
 * and again: the twin holds CPU shares by the same signals, and would let them go on.
 */
function freeze(world: World, instanceIds: readonly string[]): () => void {
  const frozen = () => instanceIds.flatMap((id) => world.everything(id));
  const whom = `every process of ${instanceIds.join(" and ")}`;
  world.say(`     SIGSTOP to ${whom}`);
  const stopAll = () => {
    for (const { pid } of frozen()) signal(pid, "SIGSTOP");
  };
  stopAll();
  const timer = setInterval(stopAll, FREEZE_INTERVAL_MS);
  return () => {
    clearInterval(timer);
    world.say(`     SIGCONT to ${whom}, ${frozen().length} left`);
    for (const { pid } of frozen()) signal(pid, "SIGCONT");
  };
}

/** A security group that lets nobody in. */
async function groupWithoutWayIn(world: World): Promise<string> {
  const { SecurityGroups } = await world.ec2.send(new DescribeSecurityGroupsCommand({}));
  const closed = SecurityGroups?.find(({ IpPermissions }) => (IpPermissions ?? []).length === 0)?.GroupId;
  if (closed === undefined)
    throw new BrokenPromise("every security group lets somebody in: the writer cannot be cut off");
  return closed;
}

/** A security group that no database lets in. */
async function groupOfStrangers(world: World): Promise<string> {
  const [InstanceId = ""] = await world.databases();
  const { Reservations } = await world.ec2.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId] }));
  const own = Reservations?.[0]?.Instances?.[0]?.SecurityGroups?.[0]?.GroupId;
  const { SecurityGroups = [] } = await world.ec2.send(new DescribeSecurityGroupsCommand({}));
  const rules = SecurityGroups.find(({ GroupId }) => GroupId === own)?.IpPermissions ?? [];
  const letIn = rules.flatMap(({ UserIdGroupPairs = [] }) => UserIdGroupPairs.flatMap(({ GroupId }) => GroupId ?? []));
  const stranger = SecurityGroups.find(({ GroupId = "" }) => GroupId !== own && !letIn.includes(GroupId))?.GroupId;
  if (stranger === undefined) throw new BrokenPromise("the databases let every group in: the probe cannot be cut off");
  return stranger;
}

/** As EC2 describes the network interfaces of Lambda functions. */
const LAMBDA_INTERFACE = "AWS Lambda VPC ENI";

/** Takes the probe function's network interfaces out of the group that the databases let in. */
async function cutOffProbe(world: World): Promise<() => Promise<void>> {
  const { NetworkInterfaces = [] } = await world.ec2.send(new DescribeNetworkInterfacesCommand({}));
  const interfaces = NetworkInterfaces.filter(({ Description = "" }) => Description.startsWith(LAMBDA_INTERFACE));
  if (interfaces.length === 0) throw new BrokenPromise("the probe has no network interface: it cannot be cut off");
  const set = async (groupsOf: (own: readonly string[]) => readonly string[]) => {
    for (const { NetworkInterfaceId, Groups } of interfaces) {
      const own = (Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []);
      const change = { NetworkInterfaceId, Groups: [...groupsOf(own)] };
      await world.ec2.send(new ModifyNetworkInterfaceAttributeCommand(change));
    }
  };
  const stranger = await groupOfStrangers(world);
  await set(() => [stranger]);
  world.say("     the probe's network interfaces get a security group that no database lets in");
  return () => set((own) => own);
}
