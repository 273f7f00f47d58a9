import type {
  AutoScalingGroup,
  AutoScalingGroupsType,
  DescribeInstanceRefreshesAnswer,
  InstanceRefresh,
} from "@aws-sdk/client-auto-scaling";
import { describe, expect, test } from "vitest";
import { smallStack, targetGroupArn, webGroup } from "./cloud-graph.ts";
import { cloudWorld } from "./cloud-world.ts";

type World = ReturnType<typeof cloudWorld>;

const rolling = { MinHealthyPercentage: 100, MaxHealthyPercentage: 150, InstanceWarmup: 30 };
const safely = { ...rolling, SkipMatching: true, AutoRollback: true };
const desired = { LaunchTemplate: { LaunchTemplateId: "lt-web", Version: "2" } };

/** A settled stack whose web group is at version 1 of its template, and a version 2 of it. */
async function withNewVersion(): Promise<World> {
  const world = cloudWorld({ graph: smallStack(webGroup({ launchTemplate: { id: "lt-web", version: "1" } })) });
  await world.settle();
  await world.call("ec2", "CreateLaunchTemplateVersion", {
    LaunchTemplateId: "lt-web",
    LaunchTemplateData: { InstanceType: "t3.micro" },
  });
  return world;
}

function start(world: World, more: object): Promise<{ readonly InstanceRefreshId: string }> {
  return world.call("auto-scaling", "StartInstanceRefresh", { AutoScalingGroupName: "web", ...more });
}

async function webGroupOf(world: World): Promise<AutoScalingGroup> {
  const answer = await world.call<AutoScalingGroupsType>("auto-scaling", "DescribeAutoScalingGroups", {
    AutoScalingGroupNames: ["web"],
  });
  const [group] = answer.AutoScalingGroups ?? [];
  if (group === undefined) throw new Error("there is no web group");
  return group;
}

async function versions(world: World): Promise<{ readonly group: string; readonly instances: readonly string[] }> {
  const { LaunchTemplate, Instances = [] } = await webGroupOf(world);
  const instances = Instances.map((item) => item.LaunchTemplate?.Version ?? "").sort();
  return { group: LaunchTemplate?.Version ?? "", instances };
}

async function newest(world: World): Promise<InstanceRefresh> {
  const answer = await world.call<DescribeInstanceRefreshesAnswer>("auto-scaling", "DescribeInstanceRefreshes", {
    AutoScalingGroupName: "web",
  });
  const [refresh] = answer.InstanceRefreshes ?? [];
  if (refresh === undefined) throw new Error("there is no refresh");
  return refresh;
}

/** New instances of version 2 fail the load balancer's checks for ever. */
function makeVersion2Bad(world: World): void {
  world.cloud.bus.on((event) => {
    if (event.kind !== "instance-state" || event.state !== "running") return;
    const instance = world.cloud.ec2.instances.get(event.instanceId);
    if (instance.launchTemplateVersion === "2") world.machines.unhealthy.add(instance.id);
  });
}

describe("an instance refresh with a desired configuration", () => {
  test("the group takes the new version over only once all instances run it", async () => {
    const world = await withNewVersion();
    await start(world, { DesiredConfiguration: desired, Preferences: safely });
    await world.clock.advance(60_000);
    expect(await versions(world)).toEqual({ group: "1", instances: ["1", "1", "2"] });
    await world.clock.advance(540_000);
    expect(await versions(world)).toEqual({ group: "2", instances: ["2", "2"] });
    expect(await newest(world)).toMatchObject({ Status: "Successful", PercentageComplete: 100, InstancesToUpdate: 0 });
  });

  test("a cancelled one leaves the group's version, and what was replaced", async () => {
    const world = await withNewVersion();
    await start(world, { DesiredConfiguration: desired, Preferences: safely });
    await world.clock.advance(60_000);
    await world.call("auto-scaling", "CancelInstanceRefresh", { AutoScalingGroupName: "web" });
    await world.clock.advance(120_000);
    expect((await versions(world)).group).toBe("1");
    expect(await newest(world)).toMatchObject({ Status: "Cancelled" });
  });

  test("SkipMatching leaves instances alone that run the version already", async () => {
    const world = await withNewVersion();
    const before = (await webGroupOf(world)).Instances?.map((item) => item.InstanceId);
    const same = { LaunchTemplate: { LaunchTemplateId: "lt-web", Version: "1" } };
    await start(world, { DesiredConfiguration: same, Preferences: safely });
    await world.clock.advance(60_000);
    expect((await webGroupOf(world)).Instances?.map((item) => item.InstanceId)).toEqual(before);
    expect(await newest(world)).toMatchObject({ Status: "Successful", PercentageComplete: 100 });
  });
});

describe("an instance refresh that goes back", () => {
  test("a version that never gets healthy fails after an hour and is rolled back, while the old one serves", async () => {
    const world = await withNewVersion();
    makeVersion2Bad(world);
    await start(world, { DesiredConfiguration: desired, Preferences: safely });
    let fewest = 2;
    for (let passed_s = 0; passed_s < 4_500; passed_s += 30) {
      await world.clock.advance(30_000);
      fewest = Math.min(fewest, world.cloud.loadBalancing.healthyTargets(targetGroupArn).length);
    }
    expect(fewest).toBe(2);
    expect(await versions(world)).toEqual({ group: "1", instances: ["1", "1"] });
    const reason = "The instance refresh timed out: it waited an hour for new instances to become healthy.";
    expect(await newest(world)).toMatchObject({
      Status: "RollbackSuccessful",
      StatusReason: reason,
      RollbackDetails: { RollbackReason: reason, InstancesToUpdateOnRollback: 0 },
    });
  });

  test("without AutoRollback it only fails", async () => {
    const world = await withNewVersion();
    makeVersion2Bad(world);
    await start(world, { DesiredConfiguration: desired, Preferences: { ...safely, AutoRollback: false } });
    await world.clock.advance(4_500_000);
    expect(await newest(world)).toMatchObject({ Status: "Failed" });
  });

  test("an alarm of its specification that goes off rolls it back at once", async () => {
    const world = await withNewVersion();
    const Preferences = { ...safely, AlarmSpecification: { Alarms: ["cpu-high"] } };
    await start(world, { DesiredConfiguration: desired, Preferences });
    world.machines.load = 90;
    await world.clock.advance(600_000);
    expect(await newest(world)).toMatchObject({
      Status: "RollbackSuccessful",
      StatusReason: "The alarm cpu-high went into ALARM.",
    });
    expect(new Set((await versions(world)).instances)).toEqual(new Set(["1"]));
  });

  test("by request: what was replaced is replaced by the old version again", async () => {
    const world = await withNewVersion();
    await start(world, { DesiredConfiguration: desired, Preferences: safely });
    await world.clock.advance(70_000);
    expect((await versions(world)).instances).toContain("2");
    const answer = await world.call("auto-scaling", "RollbackInstanceRefresh", { AutoScalingGroupName: "web" });
    expect(answer).toEqual({ InstanceRefreshId: (await newest(world)).InstanceRefreshId });
    expect(await newest(world)).toMatchObject({ Status: "RollbackInProgress" });
    await world.clock.advance(900_000);
    expect(await versions(world)).toEqual({ group: "1", instances: ["1", "1"] });
    expect(await newest(world)).toMatchObject({ Status: "RollbackSuccessful" });
  });

  test("there is nothing to roll back without a refresh, or without a desired configuration", async () => {
    const world = await withNewVersion();
    const rollBack = () => world.call("auto-scaling", "RollbackInstanceRefresh", { AutoScalingGroupName: "web" });
    await expect(rollBack()).rejects.toThrow("No in progress or pending Instance Refresh found");
    await start(world, { Preferences: rolling });
    await expect(rollBack()).rejects.toThrow("cannot be rolled back");
  });
});

describe("protected instances", () => {
  async function withProtectedInstance(): Promise<{ readonly world: World; readonly guarded: string }> {
    const world = await withNewVersion();
    const guarded = (await webGroupOf(world)).Instances?.[0]?.InstanceId ?? "";
    const InstanceIds = [guarded];
    const protect = { AutoScalingGroupName: "web", InstanceIds, ProtectedFromScaleIn: true };
    await world.call("auto-scaling", "SetInstanceProtection", protect);
    return { world, guarded };
  }

  test("Wait: the others are replaced, and after an hour the refresh fails", async () => {
    const { world, guarded } = await withProtectedInstance();
    await start(world, { DesiredConfiguration: desired, Preferences: { ...safely, AutoRollback: false } });
    await world.clock.advance(1_200_000);
    expect((await versions(world)).instances).toContain("2");
    expect(await newest(world)).toMatchObject({ Status: "InProgress", InstancesToUpdate: 1 });
    await world.clock.advance(3_600_000);
    expect((await webGroupOf(world)).Instances?.map((item) => item.InstanceId)).toContain(guarded);
    expect(await newest(world)).toMatchObject({
      Status: "Failed",
      StatusReason: "The instance refresh timed out: it waited an hour for instances that are protected from scale in.",
    });
  });

  test("Wait: it goes on when the protection goes", async () => {
    const { world, guarded } = await withProtectedInstance();
    await start(world, { DesiredConfiguration: desired, Preferences: safely });
    await world.clock.advance(1_200_000);
    const free = { AutoScalingGroupName: "web", InstanceIds: [guarded], ProtectedFromScaleIn: false };
    await world.call("auto-scaling", "SetInstanceProtection", free);
    await world.clock.advance(600_000);
    expect(await versions(world)).toEqual({ group: "2", instances: ["2", "2"] });
  });

  test("Ignore: it succeeds without them", async () => {
    const { world } = await withProtectedInstance();
    const Preferences = { ...safely, ScaleInProtectedInstances: "Ignore" };
    await start(world, { DesiredConfiguration: desired, Preferences });
    await world.clock.advance(900_000);
    expect(await versions(world)).toEqual({ group: "2", instances: ["1", "2"] });
    expect(await newest(world)).toMatchObject({ Status: "Successful" });
  });
});

describe("how many go at a time", () => {
  test.each([
    ["AWS's defaults replace the only instance of a group, by first terminating it", 1, {}, { least: 0, most: 1 }],
    [
      "more than 100 percent launches ahead, be it of one instance",
      1,
      { MinHealthyPercentage: 100, MaxHealthyPercentage: 110 },
      { least: 1, most: 2 },
    ],
    [
      "100 percent of both is one at a time",
      3,
      { MinHealthyPercentage: 100, MaxHealthyPercentage: 100 },
      { least: 2, most: 3 },
    ],
    ["0 percent is all at a time", 3, { MinHealthyPercentage: 0 }, { least: 0, most: 3 }],
    ["50 percent of three keeps two", 3, { MinHealthyPercentage: 50 }, { least: 2, most: 3 }],
  ])("%s", async (_, size, preferences, expected) => {
    const group = {
      launchTemplate: { id: "lt-web", version: "1" },
      minSize: size,
      desiredCapacity: size,
      maxSize: size,
    };
    const world = cloudWorld({
      graph: smallStack(webGroup({ ...group, targetGroupArns: [], healthCheckType: "EC2" })),
    });
    await world.settle();
    const running = () => world.cloud.autoScaling.group("web").inService().length;
    await start(world, { Preferences: { InstanceWarmup: 7, ...preferences } });
    let [least, most] = [running(), running()];
    for (let passed_s = 0; passed_s < 900; passed_s += 1) {
      await world.clock.advance(1_000);
      least = Math.min(least, running());
      most = Math.max(most, running());
    }
    expect({ least, most }).toEqual(expected);
    expect(await newest(world)).toMatchObject({ Status: "Successful" });
  });
});

describe("what a refresh is refused for", () => {
  test.each<[object, string]>([
    [
      { Preferences: { AutoRollback: true } },
      "The AutoRollback parameter cannot be set to true when the DesiredConfiguration parameter is empty.",
    ],
    [
      { DesiredConfiguration: { LaunchTemplate: { Version: "$Latest" } }, Preferences: { AutoRollback: true } },
      "cannot be set to true with the launch template version $Latest",
    ],
    [{ Preferences: { MaxHealthyPercentage: 250 } }, "MaxHealthyPercentage 250 is not between 100 and 200"],
    [{ Preferences: { MinHealthyPercentage: 50, MaxHealthyPercentage: 200 } }, "is more than 100 above"],
    [{ Preferences: { AlarmSpecification: { Alarms: ["none"] } } }, "The CloudWatch alarm none does not exist"],
    [{ Preferences: { CheckpointDelay: 60 } }, "The twin does not model CheckpointDelay"],
    [{ Preferences: { StandbyInstances: "Ignore" } }, "The twin does not model StandbyInstances"],
    [{ DesiredConfiguration: { MixedInstancesPolicy: {} } }, "The twin does not model MixedInstancesPolicy"],
    [{ Strategy: "ReplaceRootVolume" }, "The twin knows the strategy Rolling"],
  ])("%j", async (request, message) => {
    const world = await withNewVersion();
    await expect(start(world, request)).rejects.toThrow(message);
  });
});
