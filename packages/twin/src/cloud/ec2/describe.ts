import type {
  Address,
  InstanceStateName,
  InstanceStatus,
  SecurityGroup as SdkGroup,
  Instance as SdkInstance,
  NetworkInterface as SdkInterface,
  Route as SdkRoute,
  RouteTable as SdkRouteTable,
  Subnet as SdkSubnet,
  Vpc as SdkVpc,
  Tag,
} from "@aws-sdk/client-ec2";
import type { InstanceState } from "../contract.ts";
import type { InstanceRecord } from "./instances.ts";
import type { ElasticIp, InterfaceRecord } from "./interfaces.ts";
import type { RouteRecord, RouteTable, RouteTables } from "./route-tables.ts";
import type { DescribedRule, SecurityGroup, SecurityGroups } from "./security-groups.ts";
import type { Subnet, Vpc } from "./subnets.ts";

/** Internal state in the shapes of EC2's API. */

const stateCodes: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export function stateOf(state: InstanceState): { Code: number; Name: InstanceStateName } {
  return { Code: stateCodes[state], Name: state };
}

export function tagList(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** `ip-10-0-0-12.eu-west-1.compute.internal` */
export function privateDnsName(ip: string, region: string): string {
  return `ip-${ip.replaceAll(".", "-")}.${region === "us-east-1" ? "ec2" : `${region}.compute`}.internal`;
}

interface InstanceContext {
  readonly vpcId: string;
  readonly ownerId: string;
  readonly region: string;
  readonly interfaces: readonly InterfaceRecord[];
  readonly groups: SecurityGroups;
}

export function describeInstance(instance: InstanceRecord, context: InstanceContext): SdkInstance {
  const primary = context.interfaces[0];
  const network =
    primary === undefined
      ? {}
      : {
          VpcId: context.vpcId,
          SubnetId: primary.subnetId,
          PrivateIpAddress: primary.privateIp,
          PrivateDnsName: privateDnsName(primary.privateIp, context.region),
          ...(primary.publicIp === undefined ? {} : { PublicIpAddress: primary.publicIp }),
          SourceDestCheck: primary.sourceDestCheck,
          SecurityGroups: groupNames(primary.securityGroupIds, context.groups),
          NetworkInterfaces: context.interfaces.map((item) => describeAttached(item, context)),
        };
  return {
    InstanceId: instance.id,
    InstanceType: instance.instanceType as NonNullable<SdkInstance["InstanceType"]>,
    ImageId: instance.imageId,
    AmiLaunchIndex: instance.amiLaunchIndex,
    Architecture: /^(a1|[a-z]+\d+[a-z]*g[a-z]*)\./.test(instance.instanceType) ? "arm64" : "x86_64",
    LaunchTime: new Date(instance.launchTime_ms),
    Monitoring: { State: instance.detailedMonitoring ? "enabled" : "disabled" },
    Placement: { AvailabilityZone: instance.availabilityZone, Tenancy: "default" },
    State: stateOf(instance.state),
    StateTransitionReason: instance.stateTransitionReason,
    ...(instance.stateReason === "" ? {} : { StateReason: stateReason(instance.stateReason) }),
    ...(instance.instanceProfileArn === undefined ? {} : { IamInstanceProfile: { Arn: instance.instanceProfileArn } }),
    MetadataOptions: {
      State: "applied",
      HttpEndpoint: "enabled",
      HttpTokens: instance.metadata.tokensRequired ? "required" : "optional",
      HttpPutResponseHopLimit: instance.metadata.hopLimit,
      InstanceMetadataTags: instance.metadata.tagsEnabled ? "enabled" : "disabled",
    },
    Tags: tagList(instance.tags),
    ...network,
  };
}

function stateReason(text: string): { Code: string; Message: string } {
  return { Code: text.split(":")[0] ?? text, Message: text };
}

function groupNames(ids: readonly string[], groups: SecurityGroups) {
  return ids.map((id) => ({ GroupId: id, GroupName: groups.find(id)?.name ?? id }));
}

function describeAttached(item: InterfaceRecord, context: InstanceContext) {
  return {
    NetworkInterfaceId: item.id,
    SubnetId: item.subnetId,
    VpcId: context.vpcId,
    PrivateIpAddress: item.privateIp,
    Description: item.description,
    SourceDestCheck: item.sourceDestCheck,
    Status: "in-use" as const,
    Groups: groupNames(item.securityGroupIds, context.groups),
    ...(item.attachment === undefined
      ? {}
      : {
          Attachment: {
            ...(item.attachmentId === undefined ? {} : { AttachmentId: item.attachmentId }),
            DeviceIndex: item.attachment.deviceIndex,
            DeleteOnTermination: item.deleteOnTermination,
            Status: "attached" as const,
          },
        }),
    ...(item.publicIp === undefined
      ? {}
      : { Association: { PublicIp: item.publicIp, IpOwnerId: item.elastic ? context.ownerId : "amazon" } }),
  };
}

export function describeStatus(instance: InstanceRecord): InstanceStatus {
  const running = instance.state === "running";
  // The system check sees the host, which is never at fault here; the instance check sees the operating system.
  const system = running ? (instance.status === "initializing" ? "initializing" : "ok") : "not-applicable";
  const own = running ? instance.status : "not-applicable";
  const detail = (status: typeof own) =>
    status === "ok" ? "passed" : status === "impaired" ? "failed" : "initializing";
  return {
    InstanceId: instance.id,
    AvailabilityZone: instance.availabilityZone,
    InstanceState: stateOf(instance.state),
    SystemStatus: {
      Status: system,
      ...(running ? { Details: [{ Name: "reachability", Status: detail(system) }] } : {}),
    },
    InstanceStatus: {
      Status: own,
      ...(running
        ? {
            Details: [
              {
                Name: "reachability",
                Status: detail(own),
                ...(own === "impaired" ? { ImpairedSince: new Date(instance.statusSince_ms) } : {}),
              },
            ],
          }
        : {}),
    },
  };
}

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
