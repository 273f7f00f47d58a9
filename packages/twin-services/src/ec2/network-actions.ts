import type {
  AttachNetworkInterfaceRequest,
  AttachNetworkInterfaceResult,
  CreateRouteRequest,
  CreateRouteResult,
  DeleteRouteRequest,
  ModifyNetworkInterfaceAttributeRequest,
  ReplaceRouteRequest,
} from "@aws-sdk/client-ec2";
import { arn } from "@cloudy/twin-model/arn.ts";
import { type Access, AwsError, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import { containsAddress } from "./address-pool.ts";
import type { Ec2 } from "./ec2.ts";
import { notFound, required } from "./errors.ts";
import type { RouteTarget } from "./route-tables.ts";

type Nothing = Record<never, never>;

export function networkActions(ec2: Ec2): Operations {
  return {
    CreateRoute: operation<CreateRouteRequest, CreateRouteResult>({
      access: (request) => onRouteTable(ec2, "CreateRoute", request.RouteTableId),
      run: (request) => {
        const { tableId, cidr } = routeOf(request);
        refuseNarrowerThanSubnet(ec2, tableId, cidr);
        ec2.routeTables.create(tableId, cidr, refuseForeignTarget(ec2, tableId, targetOf(ec2, request)));
        return { Return: true };
      },
    }),
    ReplaceRoute: operation<ReplaceRouteRequest, Nothing>({
      access: (request) => onRouteTable(ec2, "ReplaceRoute", request.RouteTableId),
      run: (request) => {
        const { tableId, cidr } = routeOf(request);
        ec2.routeTables.replace(tableId, cidr, refuseForeignTarget(ec2, tableId, targetOf(ec2, request)));
        return {};
      },
    }),
    DeleteRoute: operation<DeleteRouteRequest, Nothing>({
      access: (request) => onRouteTable(ec2, "DeleteRoute", request.RouteTableId),
      run: (request) => {
        const { tableId, cidr } = routeOf(request);
        ec2.routeTables.remove(tableId, cidr);
        return {};
      },
    }),
    AttachNetworkInterface: operation<AttachNetworkInterfaceRequest, AttachNetworkInterfaceResult>({
      access: (request) => [
        onInterface(ec2, "AttachNetworkInterface", request.NetworkInterfaceId),
        onInstance(ec2, "AttachNetworkInterface", request.InstanceId),
      ],
      run: (request) => attach(ec2, request),
    }),
    ModifyNetworkInterfaceAttribute: operation<ModifyNetworkInterfaceAttributeRequest, Nothing>({
      access: (request) => [
        onInterface(ec2, "ModifyNetworkInterfaceAttribute", request.NetworkInterfaceId),
        ...(request.Groups ?? []).map((id) => ({
          action: "ec2:ModifyNetworkInterfaceAttribute",
          ...ec2.resource("security-group", id, ec2.groups.find(id)?.tags ?? {}),
        })),
      ],
      run: (request) => {
        modify(ec2, request);
        return {};
      },
    }),
  };
}

function onRouteTable(ec2: Ec2, action: string, id: string | undefined): readonly Access[] {
  const tableId = required(id, "RouteTableId");
  const { resource, context } = ec2.resource("route-table", tableId, ec2.routeTables.find(tableId)?.tags ?? {});
  const vpcId = ec2.routeTables.find(tableId)?.vpcId;
  const vpc = vpcId === undefined ? {} : { "ec2:vpc": arn(ec2.graph, "ec2", `vpc/${vpcId}`) };
  return [{ action: `ec2:${action}`, resource, context: { ...context, "ec2:routetableid": tableId, ...vpc } }];
}

function onInterface(ec2: Ec2, action: string, id: string | undefined): Access {
  const interfaceId = required(id, "NetworkInterfaceId");
  const tags = ec2.interfaceTable.find(interfaceId)?.tags ?? {};
  return { action: `ec2:${action}`, ...ec2.resource("network-interface", interfaceId, tags) };
}

function onInstance(ec2: Ec2, action: string, id: string | undefined): Access {
  const instanceId = required(id, "InstanceId");
  const tags = ec2.instances.find(instanceId)?.tags ?? {};
  return { action: `ec2:${action}`, ...ec2.resource("instance", instanceId, tags) };
}

function routeOf(request: {
  readonly RouteTableId: string | undefined;
  readonly DestinationCidrBlock?: string | undefined;
}) {
  return {
    tableId: required(request.RouteTableId, "RouteTableId"),
    cidr: required(request.DestinationCidrBlock, "DestinationCidrBlock"),
  };
}

/** Inside of the VPC's own range only whole subnets may be routed elsewhere; a single address may not. */
function refuseNarrowerThanSubnet(ec2: Ec2, tableId: string, cidr: string): void {
  const [address = "", length = "0"] = cidr.split("/");
  const vpc = ec2.subnets.vpc(ec2.routeTables.get(tableId).vpcId);
  if (!containsAddress(vpc.cidr, address) || Number(length) <= Number(vpc.cidr.split("/")[1])) return;
  if (ec2.subnets.all().some((subnet) => subnet.vpcId === vpc.id && subnet.cidr === cidr)) return;
  throw new AwsError(
    "InvalidParameterValue",
    `The destination CIDR block ${cidr} is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance and must match a subnet's CIDR block.`,
  );
}

function targetOf(ec2: Ec2, request: CreateRouteRequest | ReplaceRouteRequest): RouteTarget {
  const { InstanceId, NetworkInterfaceId, GatewayId, NatGatewayId } = request;
  const given = [InstanceId, NetworkInterfaceId, GatewayId, NatGatewayId].filter((id) => id !== undefined);
  if (given.length !== 1) {
    throw new AwsError(
      "InvalidParameterCombination",
      `A route has exactly one target, but the request names ${given.length} (of InstanceId, NetworkInterfaceId, GatewayId, NatGatewayId).`,
    );
  }
  if (InstanceId !== undefined) return instanceTarget(ec2, InstanceId);
  if (NetworkInterfaceId !== undefined) {
    return { kind: "network-interface", id: ec2.interfaceTable.get(NetworkInterfaceId).id };
  }
  if (NatGatewayId !== undefined) {
    const exists = ec2.graph.ofType("aws:ec2/natGateway:NatGateway").some((item) => item.id === NatGatewayId);
    return exists
      ? { kind: "nat-gateway", id: NatGatewayId }
      : notFound("InvalidNatGatewayID.NotFound", "natGateway", NatGatewayId);
  }
  const gatewayId = required(GatewayId, "GatewayId");
  const exists = ec2.graph.ofType("aws:ec2/internetGateway:InternetGateway").some((item) => item.id === gatewayId);
  return exists
    ? { kind: "internet-gateway", id: gatewayId }
    : notFound("InvalidInternetGatewayID.NotFound", "internetGateway", gatewayId);
}

/** A route leads to an interface of its own VPC, however the addresses of another one look. */
function refuseForeignTarget(ec2: Ec2, tableId: string, target: RouteTarget): RouteTarget {
  if (target.kind !== "network-interface") return target;
  const { vpcId } = ec2.subnets.get(ec2.interfaceTable.get(target.id).subnetId);
  if (vpcId === ec2.routeTables.get(tableId).vpcId) return target;
  throw new AwsError(
    "InvalidParameterValue",
    `route table ${tableId} and interface ${target.id} belong to different networks`,
  );
}

/** A route to an instance is one to its interface, so there must be just that one. */
function instanceTarget(ec2: Ec2, id: string): RouteTarget {
  const instance = ec2.instances.get(id);
  const [primary, ...others] = ec2.interfaceTable.of(id);
  if (primary === undefined || instance.state === "terminated") {
    throw new AwsError("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`);
  }
  if (others.length > 0) {
    throw new AwsError(
      "InvalidInstanceID",
      `There are multiple interfaces attached to instance '${id}'. Please specify an interface ID for the operation instead.`,
    );
  }
  return { kind: "network-interface", id: primary.id };
}

function attach(ec2: Ec2, request: AttachNetworkInterfaceRequest): AttachNetworkInterfaceResult {
  const instance = ec2.instances.get(required(request.InstanceId, "InstanceId"));
  const item = ec2.interfaceTable.get(required(request.NetworkInterfaceId, "NetworkInterfaceId"));
  if (instance.state !== "running" && instance.state !== "stopped") {
    throw new AwsError(
      "IncorrectState",
      `Instance '${instance.id}' is ${instance.state}; an interface can be attached to one that is running or stopped.`,
    );
  }
  if (item.availabilityZone !== instance.availabilityZone) {
    throw new AwsError(
      "InvalidParameterCombination",
      `You may not attach a network interface to an instance if they are not in the same availability zone: ${item.id} is in ${item.availabilityZone}, ${instance.id} in ${instance.availabilityZone}.`,
    );
  }
  const deviceIndex = required(request.DeviceIndex, "DeviceIndex");
  return { AttachmentId: ec2.interfaceTable.attach(item.id, instance.id, deviceIndex, false) };
}

function modify(ec2: Ec2, request: ModifyNetworkInterfaceAttributeRequest): void {
  const id = ec2.interfaceTable.get(required(request.NetworkInterfaceId, "NetworkInterfaceId")).id;
  if (request.SourceDestCheck?.Value !== undefined) {
    ec2.interfaceTable.setSourceDestCheck(id, request.SourceDestCheck.Value);
  } else if (request.Groups !== undefined && request.Groups.length > 0) {
    ec2.interfaceTable.setGroups(id, request.Groups);
  } else {
    throw new AwsError(
      "InvalidParameterCombination",
      "The twin modifies SourceDestCheck and Groups of a network interface; the request names neither.",
    );
  }
}
