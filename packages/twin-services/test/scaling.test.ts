import type {
  ActivitiesType,
  AutoScalingGroupsType,
  DescribeInstanceRefreshesAnswer,
  PoliciesType,
} from "@aws-sdk/client-auto-scaling";
import type { DescribeAlarmHistoryOutput, DescribeAlarmsOutput } from "@aws-sdk/client-cloudwatch";
import type { DescribeTargetHealthOutput } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { arnOf, policyArn, resource, smallStack, targetGroupArn, webGroup, withoutScaling } from "./cloud-graph.ts";
import { cloudWorld } from "./cloud-world.ts";

type World = ReturnType<typeof cloudWorld>;

async function webGroupOf(world: World) {
  const answer = await world.call<AutoScalingGroupsType>("auto-scaling", "DescribeAutoScalingGroups", {
    AutoScalingGroupNames: ["web"],
  });
  const group = answer.AutoScalingGroups?.[0];
  if (group === undefined) throw new Error("there is no web group");
  return group;
}

async function inService(world: World): Promise<readonly string[]> {
  const { Instances = [] } = await webGroupOf(world);
  return Instances.filter((item) => item.LifecycleState === "InService").map((item) => item.InstanceId ?? "");
}

async function causes(world: World): Promise<readonly string[]> {
  const answer = await world.call<ActivitiesType>("auto-scaling", "DescribeScalingActivities", {
    AutoScalingGroupName: "web",
  });
  return (answer.Activities ?? []).map((activity) => activity.Cause ?? "");
}

async function alarmState(world: World, name: string): Promise<string | undefined> {
  const answer = await world.call<DescribeAlarmsOutput>("cloudwatch", "DescribeAlarms", { AlarmNames: [name] });
  return answer.MetricAlarms?.[0]?.StateValue;
}

test("W4: the web group launches only once the database group is in service, one instance a zone", async () => {
  const world = cloudWorld();
  world.cloud.start();
  await world.clock.advance(5_000);
  const launched = world.cloud.ec2.instances.all();
  expect(launched.map((instance) => instance.tags["Name"])).toEqual(["Database", "Database"]);
  expect(launched.map((instance) => instance.availabilityZone)).toEqual(["eu-west-1a", "eu-west-1b"]);
  await world.clock.advance(60_000);
  const web = world.cloud.ec2.instances.all().filter((instance) => instance.tags["Name"] === "Web");
  expect(web.map((instance) => instance.availabilityZone).sort()).toEqual(["eu-west-1a", "eu-west-1b"]);
  expect(await inService(world)).toHaveLength(2);
});

test("W5: high CPU for two minutes adds a third instance, low CPU takes it away, with the cooldown in between", async () => {
  const world = cloudWorld();
  await world.settle();
  expect(await alarmState(world, "cpu-high")).toBe("OK");
  world.machines.load = 90;
  await world.clock.advance(60_000);
  expect(await alarmState(world, "cpu-high")).toBe("OK");
  await world.clock.advance(90_000);
  expect(await alarmState(world, "cpu-high")).toBe("ALARM");
  expect(await inService(world)).toHaveLength(3);
  expect((await causes(world))[0]).toMatch(
    /^At \S+Z a monitor alarm cpu-high in state ALARM triggered policy cpu-high changing the desired capacity from 2 to 3\. {2}At \S+Z an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 2 to 3\.$/,
  );
  await world.clock.advance(600_000);
  expect(await inService(world)).toHaveLength(3);
  world.machines.load = 10;
  await world.clock.advance(240_000);
  expect(await alarmState(world, "cpu-low")).toBe("ALARM");
  expect(await inService(world)).toHaveLength(2);
  await world.clock.advance(600_000);
  expect((await webGroupOf(world)).Instances).toHaveLength(2);
});

test("W5: the alarm's history says when it went off, why, and what it did", async () => {
  const world = cloudWorld();
  await world.settle();
  world.machines.load = 90;
  await world.clock.advance(180_000);
  const { AlarmHistoryItems = [] } = await world.call<DescribeAlarmHistoryOutput>(
    "cloudwatch",
    "DescribeAlarmHistory",
    {
      AlarmName: "cpu-high",
    },
  );
  const summaries = AlarmHistoryItems.map((item) => item.HistorySummary);
  expect(summaries).toContain("Alarm updated from OK to ALARM");
  expect(summaries).toContain(`Successfully executed action ${policyArn("high")}`);
  const update = AlarmHistoryItems.find((item) => item.HistorySummary === "Alarm updated from OK to ALARM");
  expect(JSON.parse(update?.HistoryData ?? "{}").newState.stateReason).toMatch(
    /2 out of the last 2 datapoints \[90 .*, 90 .*\] were greater than the threshold \(60\) \(minimum 2 datapoints for OK -> ALARM transition\)/,
  );
});

test("W5: while the alarm lasts its action is repeated each minute, but only after the cooldown", async () => {
  const world = cloudWorld({ graph: smallStack(webGroup({ maxSize: 4 })) });
  await world.settle();
  world.machines.load = 90;
  const launches: number[] = [];
  world.cloud.bus.on((event) => {
    if (event.kind === "scaling-activity" && event.detailType === "EC2 Instance Launch Successful") {
      launches.push(world.elapsed_s());
    }
  });
  await world.clock.advance(600_000);
  expect(launches).toHaveLength(2);
  const [third = 0, fourth = 0] = launches;
  // 60 s of cooldown from the end of the first activity, then the next evaluation, then the launch.
  expect(fourth - third).toBeGreaterThanOrEqual(60);
  expect(fourth - third).toBeLessThanOrEqual(60 + 60 + 15);
});

test("W5: target tracking grows the group to what the load needs, and shrinks it after 15 quiet minutes", async () => {
  const policy = resource("aws:autoscaling/policy:Policy", "track", "track", {
    name: "track",
    arn: arnOf("autoscaling", "scalingPolicy:2:autoScalingGroupName/web:policyName/track"),
    autoscalingGroupName: "web",
    policyType: "TargetTrackingScaling",
    estimatedInstanceWarmup: 60,
    targetTrackingConfiguration: {
      predefinedMetricSpecification: { predefinedMetricType: "ASGAverageCPUUtilization" },
      targetValue: 50,
    },
  });
  const world = cloudWorld({ graph: withoutScaling(policy) });
  await world.settle();
  world.machines.load = 100;
  await world.clock.advance(240_000);
  expect((await webGroupOf(world)).DesiredCapacity).toBe(4);
  world.machines.load = 20;
  await world.clock.advance(840_000);
  expect((await webGroupOf(world)).DesiredCapacity).toBeGreaterThanOrEqual(4);
  await world.clock.advance(300_000);
  expect((await webGroupOf(world)).DesiredCapacity).toBe(2);
  const { ScalingPolicies = [] } = await world.call<PoliciesType>("auto-scaling", "DescribePolicies", {
    PolicyNames: ["track"],
  });
  expect(ScalingPolicies[0]?.Alarms?.map((alarm) => alarm.AlarmName?.replace(/-[0-9a-f-]{36}$/, ""))).toEqual([
    "TargetTracking-web-AlarmHigh",
    "TargetTracking-web-AlarmLow",
  ]);
});

test("W4: an instance that fails the load balancer's checks is drained and replaced", async () => {
  const world = cloudWorld();
  await world.settle();
  const [sick = ""] = await inService(world);
  world.machines.unhealthy.add(sick);
  await world.clock.advance(240_000);
  const now = await inService(world);
  expect(now).toHaveLength(2);
  expect(now).not.toContain(sick);
  const all = await causes(world);
  expect(
    all.some((cause) => /taken out of service in response to an ELB system health check failure\.$/.test(cause)),
  ).toBe(true);
  expect(
    all.some((cause) => /launched in response to an unhealthy instance needing to be replaced\.$/.test(cause)),
  ).toBe(true);
});

test("R2: an instance that never comes up is left alone for the grace period, and replaced after it", async () => {
  const world = cloudWorld({ graph: smallStack(webGroup({ healthCheckGracePeriod: 600 })) });
  await world.settle();
  const [lost = ""] = await inService(world);
  await world.call("ec2", "TerminateInstances", { InstanceIds: [lost], SkipOsShutdown: true });
  const known = new Set(world.machines.booted);
  const newcomers = () => world.machines.booted.filter((id) => !known.has(id));
  for (let second = 0; newcomers().length === 0 && second < 120; second += 1) await world.clock.advance(1000);
  const [stuck = ""] = newcomers();
  world.machines.unhealthy.add(stuck);
  await world.clock.advance(540_000);
  expect(newcomers()).toEqual([stuck]);
  await world.clock.advance(240_000);
  expect(newcomers()).toHaveLength(2);
  expect(await inService(world)).not.toContain(stuck);
});

test("W4: an instance that somebody terminated is replaced", async () => {
  const world = cloudWorld();
  await world.settle();
  const [victim = ""] = await inService(world);
  await world.call("ec2", "TerminateInstances", { InstanceIds: [victim], SkipOsShutdown: true });
  await world.clock.advance(90_000);
  expect(world.machines.halted).toContainEqual({ id: victim, how: "power-off" });
  expect(await inService(world)).toHaveLength(2);
  expect((await causes(world)).join("\n")).toContain(
    "an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.",
  );
});

test("W2: a target that leaves is drained for the deregistration delay before its instance is terminated", async () => {
  const world = cloudWorld();
  await world.settle();
  const [leaving = ""] = await inService(world);
  await world.call("auto-scaling", "TerminateInstanceInAutoScalingGroup", {
    InstanceId: leaving,
    ShouldDecrementDesiredCapacity: false,
  });
  await world.clock.advance(19_000);
  const health = await world.call<DescribeTargetHealthOutput>("elastic-load-balancing-v2", "DescribeTargetHealth", {
    TargetGroupArn: targetGroupArn,
    Targets: [{ Id: leaving }],
  });
  expect(health.TargetHealthDescriptions?.[0]?.TargetHealth?.State).toBe("draining");
  expect(world.cloud.loadBalancing.healthyTargets(targetGroupArn).map((target) => target.instanceId)).not.toContain(
    leaving,
  );
  expect(world.cloud.ec2.instances.get(leaving).state).toBe("running");
  await world.clock.advance(2_000);
  expect(world.cloud.ec2.instances.get(leaving).state).toBe("shutting-down");
});

test("W2: a new target serves after its first good check, a failing one leaves after three and returns after five", async () => {
  const world = cloudWorld();
  await world.settle();
  const states: { at_s: number; state: string }[] = [];
  const [id = ""] = await inService(world);
  world.cloud.bus.on((event) => {
    if (event.kind === "target-health" && event.instanceId === id)
      states.push({ at_s: world.elapsed_s(), state: event.state });
  });
  const group = world.cloud.autoScaling.group("web");
  group.settings = { ...group.settings, healthCheckType: "EC2" };
  world.machines.unhealthy.add(id);
  const failing_s = world.elapsed_s();
  await world.clock.advance(120_000);
  world.machines.unhealthy.delete(id);
  const passing_s = world.elapsed_s();
  await world.clock.advance(180_000);
  expect(states.map(({ state }) => state)).toEqual(["unhealthy", "healthy"]);
  expect((states[0]?.at_s ?? 0) - failing_s).toBeGreaterThan(60);
  expect((states[0]?.at_s ?? 0) - failing_s).toBeLessThanOrEqual(90);
  expect((states[1]?.at_s ?? 0) - passing_s).toBeGreaterThan(120);
  expect((states[1]?.at_s ?? 0) - passing_s).toBeLessThanOrEqual(150);
});

test("W2: with no healthy target left the load balancer tries the unhealthy ones", async () => {
  const world = cloudWorld();
  await world.settle();
  const ids = await inService(world);
  const group = world.cloud.autoScaling.group("web");
  group.settings = { ...group.settings, healthCheckType: "EC2" };
  for (const id of ids) world.machines.unhealthy.add(id);
  await world.clock.advance(120_000);
  expect(world.cloud.loadBalancing.healthyTargets(targetGroupArn)).toHaveLength(2);
});

test("W3: an instance refresh brings a new launch template to all instances and never serves with fewer than wanted", async () => {
  const world = cloudWorld();
  await world.settle();
  const before = await inService(world);
  await world.call("ec2", "CreateLaunchTemplateVersion", {
    LaunchTemplateId: "lt-web",
    LaunchTemplateData: { InstanceType: "t3.micro" },
  });
  await world.call("auto-scaling", "StartInstanceRefresh", {
    AutoScalingGroupName: "web",
    Preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 150, InstanceWarmup: 30 },
  });
  let fewest = 2;
  for (let passed_s = 0; passed_s < 600; passed_s += 5) {
    await world.clock.advance(5_000);
    fewest = Math.min(fewest, world.cloud.loadBalancing.healthyTargets(targetGroupArn).length);
  }
  expect(fewest).toBe(2);
  const { Instances = [] } = await webGroupOf(world);
  expect(Instances.map((item) => item.InstanceType)).toEqual(["t3.micro", "t3.micro"]);
  expect(Instances.some((item) => before.includes(item.InstanceId ?? ""))).toBe(false);
  const { InstanceRefreshes = [] } = await world.call<DescribeInstanceRefreshesAnswer>(
    "auto-scaling",
    "DescribeInstanceRefreshes",
    { AutoScalingGroupName: "web" },
  );
  expect(InstanceRefreshes[0]?.Status).toBe("Successful");
});

test("the desired capacity stays within the group's limits, and says so", async () => {
  const world = cloudWorld();
  await world.settle();
  const set = (DesiredCapacity: number) =>
    world.call("auto-scaling", "SetDesiredCapacity", { AutoScalingGroupName: "web", DesiredCapacity });
  await expect(set(4)).rejects.toThrow("New SetDesiredCapacity value 4 is above max value 3 for the AutoScalingGroup.");
  await expect(set(1)).rejects.toThrow("New SetDesiredCapacity value 1 is below min value 2 for the AutoScalingGroup.");
  await set(3);
  await world.clock.advance(30_000);
  expect(await inService(world)).toHaveLength(3);
});

test("an instance that is protected from scale-in stays", async () => {
  const world = cloudWorld();
  await world.settle();
  await world.call("auto-scaling", "SetDesiredCapacity", { AutoScalingGroupName: "web", DesiredCapacity: 3 });
  await world.clock.advance(30_000);
  const [first = "", second = ""] = await inService(world);
  await world.call("auto-scaling", "SetInstanceProtection", {
    AutoScalingGroupName: "web",
    InstanceIds: [first, second],
    ProtectedFromScaleIn: true,
  });
  await world.call("auto-scaling", "SetDesiredCapacity", { AutoScalingGroupName: "web", DesiredCapacity: 2 });
  await world.clock.advance(90_000);
  expect(await inService(world)).toEqual([first, second]);
});

test("a refresh waits for protected instances, unless it is to replace them too", async () => {
  const world = cloudWorld();
  await world.settle();
  const before = await inService(world);
  const [guarded = ""] = before;
  await world.call("auto-scaling", "SetInstanceProtection", {
    AutoScalingGroupName: "web",
    InstanceIds: [guarded],
    ProtectedFromScaleIn: true,
  });
  const refresh = (more: object) =>
    world.call("auto-scaling", "StartInstanceRefresh", {
      AutoScalingGroupName: "web",
      Preferences: { MinHealthyPercentage: 50, InstanceWarmup: 0, ...more },
    });
  await refresh({});
  await world.clock.advance(600_000);
  expect((await inService(world)).filter((id) => before.includes(id))).toEqual([guarded]);
  await world.call("auto-scaling", "CancelInstanceRefresh", { AutoScalingGroupName: "web" });
  await refresh({ ScaleInProtectedInstances: "Refresh" });
  await world.clock.advance(600_000);
  expect(await inService(world)).not.toContain(guarded);
});

test("nothing happens any more once the cloud is stopped", async () => {
  const world = cloudWorld();
  await world.settle();
  world.cloud.stop();
  const seen = world.events.length;
  await world.clock.advance(600_000);
  expect(world.events).toHaveLength(seen);
});
