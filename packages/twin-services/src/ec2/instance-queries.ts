import type {
  DescribeInstanceStatusRequest,
  DescribeInstanceStatusResult,
  DescribeInstancesRequest,
  DescribeInstancesResult,
  DescribeTagsRequest,
  DescribeTagsResult,
} from "@aws-sdk/client-ec2";
import { type Access, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import { describeInstance, describeStatus, privateDnsName, stateOf } from "./describe-instance.ts";
import type { Ec2 } from "./ec2.ts";
import { type FilterValues, matches } from "./filters.ts";
import type { InstanceRecord } from "./instance-table.ts";
import { pageOf } from "./page.ts";

/** EC2's Describe actions know no resources: their policies can only say `*`. */
function onAll(action: string): () => readonly Access[] {
  return () => [{ action: `ec2:${action}`, resource: "*" }];
}

export function instanceQueries(ec2: Ec2): Operations {
  return {
    DescribeInstances: operation<DescribeInstancesRequest, DescribeInstancesResult>({
      access: onAll("DescribeInstances"),
      run: (request) => {
        const page = pageOf(select(ec2, request.InstanceIds, request.Filters), request);
        return { Reservations: page.items.map((instance) => reservation(ec2, instance)), ...page.next };
      },
    }),
    DescribeInstanceStatus: operation<DescribeInstanceStatusRequest, DescribeInstanceStatusResult>({
      access: onAll("DescribeInstanceStatus"),
      run: (request) => {
        // Only running instances, unless asked for all.
        const wanted = select(ec2, request.InstanceIds, request.Filters).filter(
          (instance) => request.IncludeAllInstances === true || instance.state === "running",
        );
        const page = pageOf(wanted, request);
        return { InstanceStatuses: page.items.map(describeStatus), ...page.next };
      },
    }),
    DescribeTags: operation<DescribeTagsRequest, DescribeTagsResult>({
      access: onAll("DescribeTags"),
      run: (request) => {
        const tags = allTags(ec2).filter((tag) => {
          const values = {
            key: [tag.Key],
            value: [tag.Value],
            "resource-id": [tag.ResourceId],
            "resource-type": [tag.ResourceType],
          };
          return matches(request.Filters, values, { [tag.Key]: tag.Value });
        });
        const page = pageOf(tags, request);
        return { Tags: page.items, ...page.next };
      },
    }),
  };
}

function select(
  ec2: Ec2,
  ids: readonly string[] | undefined,
  filters: DescribeInstancesRequest["Filters"],
): readonly InstanceRecord[] {
  const candidates =
    ids === undefined || ids.length === 0 ? ec2.instances.all() : ids.map((id) => ec2.instances.get(id));
  return candidates.filter((instance) => matches(filters, filterValues(ec2, instance), instance.tags));
}

function filterValues(ec2: Ec2, instance: InstanceRecord): FilterValues {
  const own = ec2.interfaceTable.of(instance.id);
  const primary = own[0];
  const status = describeStatus(instance);
  return {
    "instance-id": [instance.id],
    "instance-state-name": [instance.state],
    "instance-state-code": [String(stateOf(instance.state).Code)],
    "instance-type": [instance.instanceType],
    "image-id": [instance.imageId],
    "availability-zone": [instance.availabilityZone],
    "subnet-id": [instance.subnetId],
    "vpc-id": [ec2.subnets.get(instance.subnetId).vpcId],
    "private-ip-address": [primary?.privateIp],
    "ip-address": [primary?.publicIp],
    "private-dns-name": [primary === undefined ? undefined : privateDnsName(primary.privateIp, ec2.graph.region)],
    "network-interface.network-interface-id": own.map((item) => item.id),
    "network-interface.addresses.private-ip-address": own.map((item) => item.privateIp),
    "instance.group-id": primary?.securityGroupIds ?? [],
    "iam-instance-profile.arn": [instance.instanceProfileArn],
    "reservation-id": [instance.reservationId],
    "instance-status.status": [status.InstanceStatus?.Status],
    "system-status.status": [status.SystemStatus?.Status],
  };
}

function reservation(ec2: Ec2, instance: InstanceRecord) {
  const context = {
    vpcId: ec2.subnets.get(instance.subnetId).vpcId,
    ownerId: ec2.graph.accountId,
    region: ec2.graph.region,
    interfaces: ec2.interfaceTable.of(instance.id),
    groups: ec2.groups,
  };
  return {
    ReservationId: instance.reservationId,
    OwnerId: ec2.graph.accountId,
    Instances: [describeInstance(instance, context)],
  };
}

function allTags(ec2: Ec2) {
  const of =
    (type: "instance" | "subnet" | "route-table" | "security-group" | "network-interface" | "vpc") =>
    (item: { readonly id: string; readonly tags: Readonly<Record<string, string>> }) =>
      Object.entries(item.tags).map(([Key, Value]) => ({ Key, Value, ResourceId: item.id, ResourceType: type }));
  return [
    ...ec2.instances.all().flatMap(of("instance")),
    ...ec2.subnets.all().flatMap(of("subnet")),
    ...ec2.routeTables.all().flatMap(of("route-table")),
    ...ec2.groups.all().flatMap(of("security-group")),
    ...ec2.interfaceTable.all().flatMap(of("network-interface")),
    ...ec2.subnets.vpcs().flatMap(of("vpc")),
  ];
}
