import type {
  DescribeAddressesRequest,
  DescribeAddressesResult,
  DescribeNetworkInterfacesRequest,
  DescribeNetworkInterfacesResult,
  DescribeRouteTablesRequest,
  DescribeRouteTablesResult,
  DescribeSecurityGroupsRequest,
  DescribeSecurityGroupsResult,
  DescribeSubnetsRequest,
  DescribeSubnetsResult,
  DescribeVpcsRequest,
  DescribeVpcsResult,
} from "@aws-sdk/client-ec2";
import { type Operation, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import {
  describeAddress,
  describeGroup,
  describeInterface,
  describeRouteTable,
  describeSubnet,
  describeVpc,
} from "./describe-network.ts";
import type { Ec2 } from "./ec2.ts";
import { type FilterValues, matches } from "./filters.ts";
import type { InterfaceRecord } from "./interfaces.ts";
import { pageOf } from "./page.ts";
import type { RouteTable } from "./route-tables.ts";

export function networkQueries(ec2: Ec2): Operations {
  const ownerId = ec2.graph.accountId;
  return {
    DescribeRouteTables: query<DescribeRouteTablesRequest, DescribeRouteTablesResult>(
      "DescribeRouteTables",
      (request) => {
        const tables = pick(request.RouteTableIds, ec2.routeTables.all(), (id) => ec2.routeTables.get(id)).filter(
          (table) => matches(request.Filters, routeTableValues(ec2, table), table.tags),
        );
        const page = pageOf(tables, request);
        return {
          RouteTables: page.items.map((table) => describeRouteTable(table, ownerId, ec2.routeTables)),
          ...page.next,
        };
      },
    ),
    DescribeNetworkInterfaces: query<DescribeNetworkInterfacesRequest, DescribeNetworkInterfacesResult>(
      "DescribeNetworkInterfaces",
      (request) => {
        const table = ec2.interfaceTable;
        const items = pick(request.NetworkInterfaceIds, table.all(), (id) => table.get(id)).filter((item) =>
          matches(request.Filters, interfaceValues(ec2, item), item.tags),
        );
        const page = pageOf(items, request);
        return {
          NetworkInterfaces: page.items.map((item) =>
            describeInterface(item, ec2.subnets.get(item.subnetId).vpcId, ownerId, ec2.groups),
          ),
          ...page.next,
        };
      },
    ),
    DescribeSubnets: query<DescribeSubnetsRequest, DescribeSubnetsResult>("DescribeSubnets", (request) => {
      const subnets = pick(request.SubnetIds, ec2.subnets.all(), (id) => ec2.subnets.get(id)).filter((subnet) => {
        const values = {
          "subnet-id": [subnet.id],
          "vpc-id": [subnet.vpcId],
          "cidr-block": [subnet.cidr],
          "availability-zone": [subnet.availabilityZone],
        };
        return matches(request.Filters, values, subnet.tags);
      });
      const page = pageOf(subnets, request);
      return { Subnets: page.items.map((subnet) => describeSubnet(subnet, ownerId)), ...page.next };
    }),
    DescribeVpcs: query<DescribeVpcsRequest, DescribeVpcsResult>("DescribeVpcs", (request) => {
      const vpcs = pick(request.VpcIds, ec2.subnets.vpcs(), (id) => ec2.subnets.vpc(id)).filter((item) =>
        matches(request.Filters, { "vpc-id": [item.id], cidr: [item.cidr] }, item.tags),
      );
      return { Vpcs: vpcs.map((item) => describeVpc(item, ownerId)) };
    }),
    DescribeSecurityGroups: query<DescribeSecurityGroupsRequest, DescribeSecurityGroupsResult>(
      "DescribeSecurityGroups",
      (request) => {
        const groups = pick(request.GroupIds, ec2.groups.all(), (id) => ec2.groups.get(id)).filter((group) => {
          const values = { "group-id": [group.id], "group-name": [group.name], "vpc-id": [group.vpcId] };
          return matches(request.Filters, values, group.tags);
        });
        const page = pageOf(groups, request);
        return { SecurityGroups: page.items.map((group) => describeGroup(group, ownerId)), ...page.next };
      },
    ),
    DescribeAddresses: query<DescribeAddressesRequest, DescribeAddressesResult>("DescribeAddresses", (request) => ({
      Addresses: ec2.interfaceTable
        .elasticIps()
        .filter((address) => {
          const values = {
            "allocation-id": [address.allocationId],
            "public-ip": [address.publicIp],
            "network-interface-id": [address.interfaceId],
          };
          const isNamed = request.AllocationIds?.includes(address.allocationId) ?? true;
          return isNamed && matches(request.Filters, values, address.tags);
        })
        .map((address) => {
          const item = address.interfaceId === undefined ? undefined : ec2.interfaceTable.find(address.interfaceId);
          return describeAddress(address, item);
        }),
    })),
  };
}

/** EC2's Describe actions know no resources: their policies can only say `*`. */
function query<Request, Result>(action: string, run: (request: Request) => Result): Operation {
  return operation<Request, Result>({ access: () => [{ action: `ec2:${action}`, resource: "*" }], run });
}

function pick<Item>(
  ids: readonly string[] | undefined,
  all: readonly Item[],
  get: (id: string) => Item,
): readonly Item[] {
  return ids === undefined || ids.length === 0 ? all : ids.map(get);
}

function routeTableValues(ec2: Ec2, table: RouteTable): FilterValues {
  const routes = table.routes.flatMap((route) => ec2.routeTables.resolve(route));
  const targets = routes.map((route) => route.target);
  return {
    "route-table-id": [table.id],
    "vpc-id": [table.vpcId],
    "association.subnet-id": table.associations.map((item) => item.subnetId),
    "association.route-table-id": table.associations.map(() => table.id),
    "association.main": table.associations.map((item) => String(item.subnetId === undefined)),
    "route.destination-cidr-block": routes.map((route) => route.destinationCidr),
    "route.state": routes.map((route) => route.state),
    "route.instance-id": targets.map((target) => (target.kind === "network-interface" ? target.instanceId : undefined)),
    "route.gateway-id": targets.map((target) => (target.kind === "internet-gateway" ? target.id : undefined)),
    "route.nat-gateway-id": targets.map((target) => (target.kind === "nat-gateway" ? target.id : undefined)),
  };
}

function interfaceValues(ec2: Ec2, item: InterfaceRecord): FilterValues {
  return {
    "network-interface-id": [item.id],
    "subnet-id": [item.subnetId],
    "vpc-id": [ec2.subnets.get(item.subnetId).vpcId],
    "availability-zone": [item.availabilityZone],
    "private-ip-address": [item.privateIp],
    "addresses.private-ip-address": [item.privateIp],
    "association.public-ip": [item.publicIp],
    "attachment.instance-id": [item.attachment?.instanceId],
    "attachment.device-index": [item.attachment === undefined ? undefined : String(item.attachment.deviceIndex)],
    "group-id": item.securityGroupIds,
    description: [item.description],
    status: [item.attachment === undefined ? "available" : "in-use"],
  };
}
