import type { InstanceStateName, InstanceStatus, Instance as SdkInstance, Tag } from "@aws-sdk/client-ec2";
import type { InstanceState } from "@cloudy/twin-model/instance.ts";
import type { InstanceRecord } from "./instance-table.ts";
import type { InterfaceRecord } from "./interfaces.ts";
import type { SecurityGroups } from "./security-groups.ts";

/** Instances in the shapes of EC2's API. */

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

export function groupNames(ids: readonly string[], groups: SecurityGroups) {
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
