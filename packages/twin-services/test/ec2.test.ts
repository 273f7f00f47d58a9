import type {
  DescribeInstanceStatusResult,
  DescribeInstancesResult,
  DescribeRouteTablesResult,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { cloudWorld } from "./cloud-world.ts";

type World = ReturnType<typeof cloudWorld>;
const vip = "10.10.10.10/32";

async function databases(world: World): Promise<readonly [string, string]> {
  const { Reservations = [] } = await world.call<DescribeInstancesResult>("ec2", "DescribeInstances", {
    Filters: [
      { Name: "tag:database", Values: ["true"] },
      { Name: "instance-state-name", Values: ["running"] },
    ],
  });
  const ids = Reservations.flatMap(({ Instances = [] }) => Instances.map((instance) => instance.InstanceId ?? ""));
  const [first, second] = ids;
  if (first === undefined || second === undefined) throw new Error(`expected two databases, found ${ids.length}`);
  return [first, second];
}

async function vipRoute(world: World) {
  const { RouteTables = [] } = await world.call<DescribeRouteTablesResult>("ec2", "DescribeRouteTables", {
    Filters: [{ Name: "tag:database", Values: ["true"] }],
  });
  expect(RouteTables.map((table) => table.RouteTableId)).toEqual(["rtb-public"]);
  return RouteTables[0]?.Routes?.find((route) => route.DestinationCidrBlock === vip);
}

test("F4: a route to an instance is created, replaced and becomes a blackhole when its target is terminated", async () => {
  const world = cloudWorld();
  await world.settle();
  const [first, second] = await databases(world);
  const route = { RouteTableId: "rtb-public", DestinationCidrBlock: vip };
  await expect(world.call("ec2", "ReplaceRoute", { ...route, InstanceId: first })).rejects.toMatchObject({
    code: "InvalidRoute.NotFound",
  });
  await world.call("ec2", "CreateRoute", { ...route, InstanceId: first });
  expect(await vipRoute(world)).toMatchObject({ InstanceId: first, State: "active" });
  await expect(world.call("ec2", "CreateRoute", { ...route, InstanceId: second })).rejects.toMatchObject({
    code: "RouteAlreadyExists",
  });
  await world.call("ec2", "TerminateInstances", { InstanceIds: [first], SkipOsShutdown: true });
  expect(await vipRoute(world)).toMatchObject({ InstanceId: first, State: "active" });
  await world.clock.advance(10_000);
  const dead = await vipRoute(world);
  expect(dead?.State).toBe("blackhole");
  expect(dead?.InstanceId).toBeUndefined();
  await world.call("ec2", "ReplaceRoute", { ...route, InstanceId: second });
  expect(await vipRoute(world)).toMatchObject({ InstanceId: second, State: "active" });
  await world.call("ec2", "DeleteRoute", route);
  expect(await vipRoute(world)).toBeUndefined();
});

test("N4: the fixed interface's route is a blackhole until an instance of its zone attaches it", async () => {
  const world = cloudWorld();
  await world.settle();
  const natRoute = () =>
    world.network.routes("subnet-private-a").find((route) => route.destinationCidr === "0.0.0.0/0");
  expect(natRoute()?.state).toBe("blackhole");
  const web = world.cloud.ec2.instances.all().filter((instance) => instance.tags["Name"] === "Web");
  const here = web.find((instance) => instance.availabilityZone === "eu-west-1a");
  const elsewhere = web.find((instance) => instance.availabilityZone === "eu-west-1b");
  const attach = (InstanceId: string | undefined) =>
    world.call("ec2", "AttachNetworkInterface", { InstanceId, NetworkInterfaceId: "eni-nat", DeviceIndex: 1 });
  await expect(attach(elsewhere?.id)).rejects.toThrow("not in the same availability zone");
  await attach(here?.id);
  expect(natRoute()).toMatchObject({ state: "active", target: { id: "eni-nat", instanceId: here?.id } });
  await expect(attach(here?.id)).rejects.toThrow("Interface: [eni-nat] in use.");
  await world.call("ec2", "TerminateInstances", { InstanceIds: [here?.id], SkipOsShutdown: true });
  await world.clock.advance(10_000);
  expect(natRoute()?.state).toBe("blackhole");
  expect(world.cloud.ec2.interfaceTable.get("eni-nat")).toMatchObject({
    attachment: undefined,
    publicIp: "203.0.113.9",
  });
});

test("F5: source/dest check is switched off on the instance's interface, and only there", async () => {
  const world = cloudWorld();
  await world.settle();
  const [first, second] = await databases(world);
  await world.call("ec2", "ModifyInstanceAttribute", { InstanceId: first, SourceDestCheck: { Value: false } });
  expect(world.cloud.ec2.instances.primary(first)?.sourceDestCheck).toBe(false);
  expect(world.cloud.ec2.instances.primary(second)?.sourceDestCheck).toBe(true);
});

test("F2: an instance's status is initializing until its operating system is up and checked", async () => {
  const world = cloudWorld();
  world.cloud.start();
  await world.clock.advance(30_000);
  const status = async () => {
    const answer = await world.call<DescribeInstanceStatusResult>("ec2", "DescribeInstanceStatus", {});
    return answer.InstanceStatuses?.map((item) => item.InstanceStatus?.Status) ?? [];
  };
  expect(new Set(await status())).toEqual(new Set(["initializing"]));
  await world.clock.advance(120_000);
  expect(new Set(await status())).toEqual(new Set(["ok"]));
  const [first] = await databases(world);
  world.cloud.ec2.instances.reportStatus(first, "impaired");
  expect(new Set(await status())).toEqual(new Set(["ok", "impaired"]));
});

test("F7: what a route or an instance is changed by is asked of its own ARN with its own tags", async () => {
  const world = cloudWorld();
  await world.settle();
  const [first] = await databases(world);
  const onRoute = world.access("ec2", "ReplaceRoute", { RouteTableId: "rtb-public", DestinationCidrBlock: vip });
  expect(onRoute).toEqual([
    {
      action: "ec2:ReplaceRoute",
      resource: "arn:aws:ec2:eu-west-1:123456789012:route-table/rtb-public",
      context: expect.objectContaining({ "ec2:resourcetag/database": "true", "aws:resourcetag/database": "true" }),
    },
  ]);
  const onOther = world.access("ec2", "ReplaceRoute", { RouteTableId: "rtb-private", DestinationCidrBlock: vip });
  expect(onOther[0]?.context).not.toHaveProperty("ec2:resourcetag/database");
  const onInstance = world.access("ec2", "TerminateInstances", { InstanceIds: [first] });
  expect(onInstance[0]).toMatchObject({
    action: "ec2:TerminateInstances",
    resource: `arn:aws:ec2:eu-west-1:123456789012:instance/${first}`,
    context: { "ec2:resourcetag/database": "true" },
  });
  expect(world.access("ec2", "DescribeInstances", {})).toEqual([{ action: "ec2:DescribeInstances", resource: "*" }]);
});

test("W8: metrics are asked for with their namespace", () => {
  const world = cloudWorld();
  expect(world.access("cloudwatch", "PutMetricData", { Namespace: "WebServers", MetricData: [] })).toEqual([
    { action: "cloudwatch:PutMetricData", resource: "*", context: { "cloudwatch:namespace": "WebServers" } },
  ]);
});

test("N2: instances of public subnets get a public address at launch, those of private ones do not", async () => {
  const world = cloudWorld();
  await world.settle();
  const [database] = await databases(world);
  const web = world.cloud.ec2.instances.all().find((instance) => instance.tags["Name"] === "Web");
  expect(world.cloud.ec2.instances.primary(database)?.publicIp).toBeUndefined();
  const primary = world.cloud.ec2.instances.primary(web?.id ?? "");
  expect(primary?.publicIp).toMatch(/^198\.51\.100\.\d+$/);
  expect(primary?.privateIp).toMatch(/^10\.0\.[02]\.\d+$/);
  expect(web?.roleArn).toBe("arn:aws:iam::123456789012:role/web-role");
});

test("an instance is stopped, started and rebooted with the states and errors of EC2", async () => {
  const world = cloudWorld();
  await world.settle();
  const [id] = await databases(world);
  const group = world.cloud.autoScaling.group("database");
  group.members.delete(id);
  const state = () => world.cloud.ec2.instances.get(id).state;
  world.network.addAddress(id, "10.10.10.10");
  await world.call("ec2", "StopInstances", { InstanceIds: [id] });
  expect(state()).toBe("stopping");
  await expect(world.call("ec2", "StartInstances", { InstanceIds: [id] })).rejects.toMatchObject({
    code: "IncorrectInstanceState",
  });
  await world.clock.advance(30_000);
  expect(state()).toBe("stopped");
  expect(world.network.extraAddresses(id)).toEqual([]);
  await world.call("ec2", "StartInstances", { InstanceIds: [id] });
  await world.clock.advance(90_000);
  expect(state()).toBe("running");
  await world.call("ec2", "RebootInstances", { InstanceIds: [id] });
  expect(world.cloud.ec2.instances.get(id).status).toBe("initializing");
  await world.clock.advance(90_000);
  expect(world.cloud.ec2.instances.get(id).status).toBe("ok");
  expect(world.machines.booted.filter((booted) => booted === id)).toHaveLength(3);
});

test("what does not exist is refused with EC2's codes", async () => {
  const world = cloudWorld();
  await world.settle();
  const refused = (action: string, input: object) => expect(world.call("ec2", action, input)).rejects;
  await refused("TerminateInstances", { InstanceIds: ["i-0"] }).toMatchObject({ code: "InvalidInstanceID.NotFound" });
  await refused("DescribeRouteTables", { RouteTableIds: ["rtb-0"] }).toMatchObject({
    code: "InvalidRouteTableID.NotFound",
  });
  await refused("DescribeInstances", { Filters: [{ Name: "tagg:x", Values: ["1"] }] }).toMatchObject({
    code: "InvalidParameterValue",
  });
  await refused("CreateRoute", {
    RouteTableId: "rtb-public",
    DestinationCidrBlock: "10.0.1.77/32",
    GatewayId: "igw-1",
  }).toThrow("more specific than one of this VPC's CIDR blocks");
});

test("user data that fails is told, and the instance passes its status checks all the same", async () => {
  const world = cloudWorld();
  world.machines.failsToBoot = new Error("runcmd 3 failed: sha256sum");
  await world.settle();
  const told = world.events.filter((event) => event.kind === "trace").map((event) => event.sentence);
  expect(
    told.some((sentence) => /^User data of instance i-0\w{16} failed: runcmd 3 failed: sha256sum$/.test(sentence)),
  ).toBe(true);
  expect(world.cloud.ec2.instances.all().every((instance) => instance.status === "ok")).toBe(true);
});

test("a terminated instance stays visible for an hour and frees its address", async () => {
  const world = cloudWorld();
  await world.settle();
  const [id] = await databases(world);
  const before = world.cloud.ec2.subnets.get(world.cloud.ec2.instances.get(id).subnetId).addresses.available;
  await world.call("ec2", "TerminateInstances", { InstanceIds: [id] });
  await world.clock.advance(25_000);
  const instance = world.cloud.ec2.instances.get(id);
  expect(instance.state).toBe("terminated");
  await world.clock.advance(60_000);
  expect(world.cloud.ec2.subnets.get(instance.subnetId).addresses.available).toBe(before);
  await world.clock.advance(3_600_000);
  expect(world.network.instance(id)).toBeUndefined();
});

test("a run with the same seed makes the same ids and the same events", async () => {
  const runs = await Promise.all(
    [1, 2].map(async () => {
      const world = cloudWorld();
      await world.settle();
      world.machines.load = 90;
      await world.clock.advance(300_000);
      return world.events;
    }),
  );
  expect(runs[0]).toEqual(runs[1]);
});

test("F7: CreateTags tags instances and route tables, and is judged by what it tags and with which keys", async () => {
  const world = cloudWorld();
  await world.settle();
  const [first] = await databases(world);
  const request = { Resources: ["rtb-public", first], Tags: [{ Key: "cloudy:fences", Value: "1@now" }] };
  const [onTable, onInstance] = world.access("ec2", "CreateTags", request);
  expect(onTable).toMatchObject({
    action: "ec2:CreateTags",
    resource: "arn:aws:ec2:eu-west-1:123456789012:route-table/rtb-public",
    context: {
      "ec2:resourcetag/database": "true",
      "aws:tagkeys": "cloudy:fences",
      "aws:requesttag/cloudy:fences": "1@now",
    },
  });
  expect(onInstance?.resource).toBe(`arn:aws:ec2:eu-west-1:123456789012:instance/${first}`);
  await world.call("ec2", "CreateTags", request);
  const { RouteTables = [] } = await world.call<DescribeRouteTablesResult>("ec2", "DescribeRouteTables", {
    Filters: [{ Name: "tag:cloudy:fences", Values: ["1@now"] }],
  });
  expect(RouteTables.map(({ RouteTableId }) => RouteTableId)).toEqual(["rtb-public"]);
  expect(RouteTables[0]?.Tags).toContainEqual({ Key: "database", Value: "true" });
  const unknown = { ...request, Resources: ["vol-1"] };
  await expect(world.call("ec2", "CreateTags", unknown)).rejects.toMatchObject({ code: "InvalidID" });
  const reserved = { ...request, Tags: [{ Key: "aws:x", Value: "y" }] };
  await expect(world.call("ec2", "CreateTags", reserved)).rejects.toMatchObject({ code: "InvalidParameterValue" });
});
