import { isPrivateAddress } from "@cloudy/twin-model/cidr.ts";
import type { NetworkInterface, NetworkView, Route } from "@cloudy/twin-model/network.ts";
import { longestPrefixRoute } from "./routing.ts";
import { groupsAllow, type Peer } from "./security-groups.ts";

export type Destination =
  /** An interface of the VPC; `instanceId` is undefined for mount targets, load balancer nodes and function interfaces. */
  | { readonly kind: "interface"; readonly interfaceId: string; readonly instanceId: string | undefined }
  | { readonly kind: "internet" };

export type Path =
  | { readonly kind: "delivered"; readonly to: Destination; readonly via: readonly string[] }
  /** The packet is lost without an answer, as in a VPC. */
  | { readonly kind: "dropped"; readonly reason: string };

export interface PathOptions {
  /** Follow a connection that is already tracked: security groups are not asked again. */
  readonly tracked?: boolean;
}

interface Packet {
  readonly view: NetworkView;
  readonly source: NetworkInterface;
  readonly ip: string;
  readonly port: number;
  readonly tracked: boolean;
}

/** Where a TCP connection from an interface to an IPv4 address ends, by the VPC's rules, and through what. */
export function findPath(
  view: NetworkView,
  sourceInterfaceId: string,
  ip: string,
  port: number,
  options: PathOptions = {},
): Path {
  const source = view.interfaces().find((candidate) => candidate.id === sourceInterfaceId);
  if (source === undefined) return dropped(`the source interface ${sourceInterfaceId} does not exist (any more)`);
  const packet: Packet = { view, source, ip, port, tracked: options.tracked ?? false };

  const target = ownerOf(view, source, ip);
  if (!packet.tracked && !groupsAllow(view, source, "egress", { ip, interface: target }, port)) {
    return dropped(`no egress rule of ${groupsOf(source)} (${source.privateIp}) allows ${ip}:${port}`);
  }
  const route = longestPrefixRoute(view, source.subnetId, ip);
  if (route === undefined) return dropped(`the route table of ${source.subnetId} has no route to ${ip}`);
  if (route.state === "blackhole") {
    return dropped(`the route ${route.destinationCidr} of ${source.subnetId} is a blackhole: its target is gone`);
  }
  return follow(packet, route, target);
}

function follow(packet: Packet, route: Route, target: NetworkInterface | undefined): Path {
  const { ip, source } = packet;
  switch (route.target.kind) {
    case "local":
      if (target === undefined) return dropped(`no interface in the VPC has the address ${ip}`);
      return deliver(packet, target, [`local route ${route.destinationCidr}`]);
    case "network-interface":
      return throughInterface(packet, route.destinationCidr, route.target.id);
    case "internet-gateway":
      if (isPrivateAddress(ip)) return dropped(`${ip} is a private address: ${route.target.id} does not carry it`);
      if (source.publicIp === undefined) {
        return dropped(`${source.id} (${source.privateIp}) has no public address, so ${route.target.id} drops it`);
      }
      return internet([`${route.destinationCidr} via ${route.target.id} as ${source.publicIp}`]);
    case "nat-gateway":
      if (isPrivateAddress(ip)) return dropped(`${ip} is a private address: ${route.target.id} does not carry it`);
      return internet([`${route.destinationCidr} via ${route.target.id}`]);
    case "vpc-endpoint":
      return internet([`${route.destinationCidr} via ${route.target.id}`]);
  }
}

/** A route to an interface: its machine owns the address (the virtual IP) or forwards it (a NAT instance). */
function throughInterface(packet: Packet, cidr: string, interfaceId: string): Path {
  const { view, ip } = packet;
  const hop = view.interfaces().find((candidate) => candidate.id === interfaceId);
  const instanceId = hop?.attachment?.instanceId;
  if (hop === undefined || instanceId === undefined) {
    return dropped(`the route ${cidr} points at ${interfaceId}, which is attached to no instance`);
  }
  const via = `${cidr} via ${interfaceId} of ${instanceId}`;
  if (hop.sourceDestCheck && hop.privateIp !== ip) {
    return dropped(`${via}: its source/dest check is on, so packets for ${ip} are dropped there`);
  }
  if (view.extraAddresses(instanceId).some((address) => address.split("/")[0] === ip))
    return deliver(packet, hop, [via]);
  if (view.forwards(instanceId)) return throughNat(packet, hop, instanceId, via);
  return dropped(`${via}: the operating system there neither owns ${ip} nor forwards packets`);
}

function throughNat(packet: Packet, hop: NetworkInterface, instanceId: string, via: string): Path {
  const { view, ip, port } = packet;
  const arrival = admit(packet, hop);
  if (arrival !== undefined) return arrival;
  if (isPrivateAddress(ip)) return dropped(`${via}: ${ip} is a private address, which the NAT instance can't reach`);
  // Masqueraded packets leave by whichever of the instance's interfaces has a way out.
  const exits = view.interfaces().filter((candidate) => candidate.attachment?.instanceId === instanceId);
  for (const exit of exits) {
    const route = longestPrefixRoute(view, exit.subnetId, ip);
    if (route?.state !== "active" || route.target.kind !== "internet-gateway" || exit.publicIp === undefined) continue;
    if (!packet.tracked && !groupsAllow(view, exit, "egress", { ip, interface: undefined }, port)) {
      return dropped(`${via}: no egress rule of ${groupsOf(exit)} allows ${ip}:${port}`);
    }
    return internet([via, `${route.destinationCidr} via ${route.target.id} as ${exit.publicIp}`]);
  }
  return dropped(`${via}: ${instanceId} has no interface with a public address and a route to an internet gateway`);
}

function deliver(packet: Packet, target: NetworkInterface, via: readonly string[]): Path {
  const refusal = admit(packet, target);
  if (refusal !== undefined) return refusal;
  const instanceId = target.attachment?.instanceId;
  return { kind: "delivered", to: { kind: "interface", interfaceId: target.id, instanceId }, via };
}

/** What stops the packet at an interface of the VPC, if anything does. */
function admit(packet: Packet, target: NetworkInterface): Path | undefined {
  const { view, source, port } = packet;
  const instanceId = target.attachment?.instanceId;
  if (instanceId !== undefined) {
    const state = view.instance(instanceId)?.state;
    if (state === undefined || state === "terminated" || state === "stopped") {
      return dropped(`${instanceId} is ${state ?? "gone"}: nobody answers at ${target.privateIp}`);
    }
  }
  const peer: Peer = { ip: source.privateIp, interface: source };
  if (packet.tracked || groupsAllow(view, target, "ingress", peer, port)) return undefined;
  return dropped(
    `no ingress rule of ${groupsOf(target)} (${instanceId ?? target.id}) allows port ${port} from ${source.privateIp} (${groupsOf(source)})`,
  );
}

/** The interface with that address in the VPC of `source`; another VPC may have the same address. */
function ownerOf(view: NetworkView, source: NetworkInterface, ip: string): NetworkInterface | undefined {
  const vpcId = view.vpcOf(source.subnetId);
  return view.interfaces().find((candidate) => candidate.privateIp === ip && view.vpcOf(candidate.subnetId) === vpcId);
}

function groupsOf(own: NetworkInterface): string {
  return own.securityGroupIds.length === 0 ? `${own.id} (no security group)` : own.securityGroupIds.join(", ");
}

const dropped = (reason: string): Path => ({ kind: "dropped", reason });
const internet = (via: readonly string[]): Path => ({ kind: "delivered", to: { kind: "internet" }, via });
