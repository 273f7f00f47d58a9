import type {
  DescribeInstancesResult,
  DescribeNetworkInterfacesResult,
  DescribeRouteTablesResult,
  DescribeVpcsResult,
} from "@aws-sdk/client-ec2";
import type { DescribeLoadBalancersOutput } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { GraphResource } from "@cloudy/twin-model/graph.ts";
import { expect, test } from "vitest";
import { graphOf, smallStack } from "./cloud-graph.ts";
import { cloudWorld } from "./cloud-world.ts";

/** Beside the small stack in 10.0.0.0/16 an empty VPC of the same range, with one subnet, group and gateway. */
const BESIDE: readonly GraphResource[] = [
  ["aws:ec2/vpc:Vpc", "vpc-2", { cidrBlock: "10.0.0.0/16", mainRouteTableId: "rtb-main-2" }],
  [
    "aws:ec2/subnet:Subnet",
    "subnet-2",
    { vpcId: "vpc-2", cidrBlock: "10.0.0.0/24", availabilityZone: "eu-west-1a", mapPublicIpOnLaunch: false },
  ],
  ["aws:ec2/securityGroup:SecurityGroup", "sg-2", { vpcId: "vpc-2", description: "beside" }],
  ["aws:ec2/routeTable:RouteTable", "rtb-2", { vpcId: "vpc-2" }],
  [
    "aws:ec2/networkInterface:NetworkInterface",
    "eni-2",
    { subnetId: "subnet-2", securityGroups: ["sg-2"], privateIp: "10.0.0.10" },
  ],
].map(([type, id, inputs]) => ({
  type: String(type),
  name: String(id),
  urn: `urn:pulumi:beside::cloudy::${type}::${id}`,
  id: String(id),
  inputs: Object(inputs),
  outputs: Object(inputs),
  parent: undefined,
  dependencies: [],
}));

function twoVpcs() {
  return cloudWorld({ graph: graphOf([...smallStack().resources, ...BESIDE]) });
}

const vpcFilter = (id: string) => ({ Filters: [{ Name: "vpc-id", Values: [id] }] });

test("two VPCs may have one range: each has its own addresses, main route table and what is described of it", async () => {
  const world = twoVpcs();
  await world.settle();
  const { Vpcs } = await world.call<DescribeVpcsResult>("ec2", "DescribeVpcs", {});
  expect(Vpcs?.map((vpc) => [vpc.VpcId, vpc.CidrBlock])).toEqual([
    ["vpc-1", "10.0.0.0/16"],
    ["vpc-2", "10.0.0.0/16"],
  ]);
  const tables = await world.call<DescribeRouteTablesResult>("ec2", "DescribeRouteTables", vpcFilter("vpc-2"));
  expect(tables.RouteTables?.map((table) => table.RouteTableId)).toEqual(["rtb-main-2", "rtb-2"]);
  expect(world.network.routeTables.forSubnet("subnet-2")?.id).toBe("rtb-main-2");
  expect(world.network.routeTables.forSubnet("subnet-private-b")?.vpcId).toBe("vpc-1");
  const interfaces = await world.call<DescribeNetworkInterfacesResult>(
    "ec2",
    "DescribeNetworkInterfaces",
    vpcFilter("vpc-2"),
  );
  expect(interfaces.NetworkInterfaces?.map((item) => [item.NetworkInterfaceId, item.VpcId])).toEqual([
    ["eni-2", "vpc-2"],
  ]);
  const beside = await world.call<DescribeInstancesResult>("ec2", "DescribeInstances", vpcFilter("vpc-2"));
  expect(beside.Reservations).toEqual([]);
  const { Reservations = [] } = await world.call<DescribeInstancesResult>(
    "ec2",
    "DescribeInstances",
    vpcFilter("vpc-1"),
  );
  expect(Reservations).toHaveLength(4);
  const { LoadBalancers } = await world.call<DescribeLoadBalancersOutput>(
    "elastic-load-balancing-v2",
    "DescribeLoadBalancers",
    {},
  );
  expect(LoadBalancers?.map(({ VpcId }) => VpcId)).toEqual(["vpc-1"]);
});

test("what belongs to one VPC is refused in another, in AWS's words", async () => {
  const world = twoVpcs();
  await world.settle();
  const route = { RouteTableId: "rtb-2", DestinationCidrBlock: "10.10.10.10/32" };
  const [instance] = world.cloud.ec2.instances.all();
  const foreign = world.cloud.ec2.instances.primary(instance?.id ?? "")?.id;
  await expect(world.call("ec2", "CreateRoute", { ...route, InstanceId: instance?.id })).rejects.toMatchObject({
    code: "InvalidParameterValue",
    message: `route table rtb-2 and interface ${foreign} belong to different networks`,
  });
  await world.call("ec2", "CreateRoute", { ...route, NetworkInterfaceId: "eni-2" });
  await expect(world.call("ec2", "ReplaceRoute", { ...route, NetworkInterfaceId: foreign })).rejects.toMatchObject({
    code: "InvalidParameterValue",
  });
  const groups = { NetworkInterfaceId: "eni-2", Groups: ["sg-web"] };
  await expect(world.call("ec2", "ModifyNetworkInterfaceAttribute", groups)).rejects.toMatchObject({
    code: "InvalidParameter",
    message: "Security group sg-web and subnet subnet-2 belong to different networks.",
  });
});
