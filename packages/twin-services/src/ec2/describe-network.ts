import type {
  Address,
  SecurityGroup as SdkGroup,
  NetworkInterface as SdkInterface,
  Route as SdkRoute,
  RouteTable as SdkRouteTable,
  Subnet as SdkSubnet,
  Vpc as SdkVpc,
} from "@aws-sdk/client-ec2";
import { groupNames, tagList } from "./describe-instance.ts";
import type { ElasticIp, InterfaceRecord } from "./interfaces.ts";
import type { RouteRecord, RouteTable, RouteTables } from "./route-tables.ts";
import type { DescribedRule, SecurityGroup, SecurityGroups } from "./security-groups.ts";
import type { Subnet, Vpc } from "./subnets.ts";

/** Network resources in the shapes of EC2's API. */

export function describeInterface(
  item: InterfaceRecord,
  vpcId: string,
  ownerId: string,
  groups: SecurityGroups,
): SdkInterface {
  return {
    NetworkInterfaceId: item.id,
    SubnetId: item.subnetId,
    VpcId: vpcId,
    AvailabilityZone: item.availabilityZone,
    OwnerId: ownerId,
    Description: item.description,
    PrivateIpAddress: item.privateIp,
    PrivateIpAddresses: [{ PrivateIpAddress: item.privateIp, Primary: true }],
    SourceDestCheck: item.sourceDestCheck,
    Status: item.attachment === undefined ? "available" : "in-use",
    Groups: groupNames(item.securityGroupIds, groups),
    TagSet: tagList(item.tags),
    ...(item.attachment === undefined
      ? {}
      : {
          Attachment: {
            ...(item.attachmentId === undefined ? {} : { AttachmentId: item.attachmentId }),
            InstanceId: item.attachment.instanceId,
            DeviceIndex: item.attachment.deviceIndex,
            DeleteOnTermination: item.deleteOnTermination,
            Status: "attached",
          },
        }),
    ...(item.publicIp === undefined
      ? {}
      : { Association: { PublicIp: item.publicIp, IpOwnerId: item.elastic ? ownerId : "amazon" } }),
  };
}

export function describeRouteTable(table: RouteTable, ownerId: string, tables: RouteTables): SdkRouteTable {
  return {
    RouteTableId: table.id,
    VpcId: table.vpcId,
    OwnerId: ownerId,
    Tags: tagList(table.tags),
    PropagatingVgws: [],
    Associations: table.associations.map(({ id, subnetId }) => ({
      RouteTableAssociationId: id,
      RouteTableId: table.id,
      Main: subnetId === undefined,
      AssociationState: { State: "associated" },
      ...(subnetId === undefined ? {} : { SubnetId: subnetId }),
    })),
    Routes: table.routes.map((route) => describeRoute(route, ownerId, tables)),
  };
}

function describeRoute(route: RouteRecord, ownerId: string, tables: RouteTables): SdkRoute {
  const destination = route.destination.startsWith("pl-")
    ? { DestinationPrefixListId: route.destination }
    : { DestinationCidrBlock: route.destination };
  const base = { ...destination, Origin: route.origin, State: "active" } as const;
  const { target } = route;
  switch (target.kind) {
    case "local":
      return { ...base, GatewayId: "local" };
    case "internet-gateway":
    case "vpc-endpoint":
      return { ...base, GatewayId: target.id };
    case "nat-gateway":
      return { ...base, NatGatewayId: target.id };
    case "network-interface": {
      const [resolved] = tables.resolve(route);
      const instanceId = resolved?.target.kind === "network-interface" ? resolved.target.instanceId : undefined;
      return {
        ...base,
        NetworkInterfaceId: target.id,
        State: resolved?.state ?? "blackhole",
        ...(instanceId === undefined ? {} : { InstanceId: instanceId, InstanceOwnerId: ownerId }),
      };
    }
  }
}

export function describeSubnet(subnet: Subnet, ownerId: string): SdkSubnet {
  return {
    SubnetId: subnet.id,
    VpcId: subnet.vpcId,
    OwnerId: ownerId,
    CidrBlock: subnet.cidr,
    AvailabilityZone: subnet.availabilityZone,
    AvailableIpAddressCount: subnet.addresses.available,
    MapPublicIpOnLaunch: subnet.publicIpOnLaunch,
    State: "available",
    Tags: tagList(subnet.tags),
  };
}

export function describeVpc(vpc: Vpc, ownerId: string): SdkVpc {
  return {
    VpcId: vpc.id,
    OwnerId: ownerId,
    CidrBlock: vpc.cidr,
    IsDefault: false,
    InstanceTenancy: "default",
    State: "available",
    Tags: tagList(vpc.tags),
  };
}

export function describeGroup(group: SecurityGroup, ownerId: string): SdkGroup {
  const rules = (direction: "ingress" | "egress") =>
    group.rules.filter(({ rule }) => rule.direction === direction).map((item) => permission(item, ownerId));
  return {
    GroupId: group.id,
    GroupName: group.name,
    Description: group.description,
    VpcId: group.vpcId,
    OwnerId: ownerId,
    Tags: tagList(group.tags),
    IpPermissions: rules("ingress"),
    IpPermissionsEgress: rules("egress"),
  };
}

function permission({ rule, description }: DescribedRule, ownerId: string) {
  const ports = rule.protocol === "-1" ? {} : { FromPort: rule.fromPort, ToPort: rule.toPort };
  const note = description === undefined ? {} : { Description: description };
  const { peer } = rule;
  return {
    IpProtocol: rule.protocol,
    ...ports,
    IpRanges: "cidr" in peer ? [{ CidrIp: peer.cidr, ...note }] : [],
    UserIdGroupPairs: "securityGroupId" in peer ? [{ GroupId: peer.securityGroupId, UserId: ownerId, ...note }] : [],
    PrefixListIds: "prefixListId" in peer ? [{ PrefixListId: peer.prefixListId, ...note }] : [],
  };
}

export function describeAddress(address: ElasticIp, item: InterfaceRecord | undefined): Address {
  return {
    AllocationId: address.allocationId,
    PublicIp: address.publicIp,
    Domain: "vpc",
    Tags: tagList(address.tags),
    ...(address.associationId === undefined ? {} : { AssociationId: address.associationId }),
    ...(item === undefined
      ? {}
      : {
          NetworkInterfaceId: item.id,
          PrivateIpAddress: item.privateIp,
          ...(item.attachment === undefined ? {} : { InstanceId: item.attachment.instanceId }),
        }),
  };
}
