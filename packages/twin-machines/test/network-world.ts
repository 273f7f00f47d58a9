import type { Instance } from "@cloudy/twin-model/instance.ts";
import type { NetworkInterface, NetworkView, Route, SecurityGroupRule } from "@cloudy/twin-model/network.ts";

/** A small VPC to change at will; what is not said is as in Pulumi.dev.yaml. */
export interface World {
  /** The VPC of each subnet that is not in vpc-1. */
  vpcs: Record<string, string>;
  interfaces: NetworkInterface[];
  instances: Record<string, Partial<Instance>>;
  routes: Record<string, Route[]>;
  rules: Record<string, SecurityGroupRule[]>;
  prefixLists: Record<string, string[]>;
  extra: Record<string, string[]>;
  forwarding: Set<string>;
}

export const VIP = "10.10.10.10";

export function tcp(direction: "ingress" | "egress", port: number, peer: string): SecurityGroupRule {
  const to = peer.startsWith("sg-")
    ? { securityGroupId: peer }
    : peer.startsWith("pl-")
      ? { prefixListId: peer }
      : { cidr: peer };
  return { direction, protocol: "tcp", fromPort: port, toPort: port, peer: to };
}

export function nic(
  id: string,
  subnetId: string,
  privateIp: string,
  group: string,
  instanceId?: string,
): NetworkInterface {
  return {
    id,
    subnetId,
    availabilityZone: "eu-west-1a",
    privateIp,
    publicIp: undefined,
    securityGroupIds: [group],
    sourceDestCheck: true,
    attachment: instanceId === undefined ? undefined : { instanceId, deviceIndex: 0 },
    description: "",
  };
}

export function route(destinationCidr: string, target: Route["target"]): Route {
  return { destinationCidr, target, state: "active" };
}

/** Web instance in a public subnet, two database instances and a NAT instance, the virtual IP on the first database. */
export function world(): World {
  const web = { ...nic("eni-web", "public", "10.0.0.10", "sg-web", "i-web"), publicIp: "203.0.113.10" };
  const nat = {
    ...nic("eni-nat", "public", "10.0.0.20", "sg-nat", "i-nat"),
    publicIp: "203.0.113.20",
    sourceDestCheck: false,
  };
  const db1 = { ...nic("eni-db1", "private", "10.0.1.11", "sg-db", "i-db1"), sourceDestCheck: false };
  const db2 = { ...nic("eni-db2", "private", "10.0.1.12", "sg-db", "i-db2"), sourceDestCheck: false };
  const local = route("10.0.0.0/16", { kind: "local" });
  return {
    vpcs: {},
    interfaces: [
      web,
      nat,
      db1,
      db2,
      nic("eni-alb", "public", "10.0.0.5", "sg-alb"),
      nic("eni-efs", "private", "10.0.1.50", "sg-efs"),
    ],
    instances: { "i-web": {}, "i-nat": {}, "i-db1": {}, "i-db2": {} },
    routes: {
      public: [
        local,
        route("0.0.0.0/0", { kind: "internet-gateway", id: "igw-1" }),
        route(`${VIP}/32`, { kind: "network-interface", id: "eni-db1", instanceId: "i-db1" }),
      ],
      private: [local, route("0.0.0.0/0", { kind: "network-interface", id: "eni-nat", instanceId: "i-nat" })],
    },
    rules: {
      "sg-alb": [tcp("ingress", 8080, "0.0.0.0/0"), tcp("egress", 8080, "sg-web")],
      "sg-web": [tcp("ingress", 8080, "sg-alb"), tcp("egress", 5432, `${VIP}/32`), tcp("egress", 443, "0.0.0.0/0")],
      "sg-db": [
        tcp("ingress", 5432, "sg-web"),
        tcp("ingress", 8010, "sg-db"),
        tcp("egress", 8010, "sg-db"),
        tcp("egress", 2049, "sg-efs"),
        tcp("egress", 443, "0.0.0.0/0"),
      ],
      "sg-efs": [tcp("ingress", 2049, "sg-db")],
      "sg-nat": [tcp("ingress", 443, "sg-db"), tcp("egress", 443, "0.0.0.0/0")],
    },
    prefixLists: { "pl-s3": ["198.51.100.128/25"] },
    extra: { "i-db1": [VIP], "i-db2": [VIP] },
    forwarding: new Set(["i-nat"]),
  };
}

export function viewOf(state: World): NetworkView {
  return {
    interfaces: () => state.interfaces,
    instance: (id) => {
      const known = state.instances[id];
      return known && ({ id, state: "running", ...known } as Instance);
    },
    routes: (subnetId) => state.routes[subnetId] ?? [],
    vpcOf: (subnetId) => state.vpcs[subnetId] ?? "vpc-1",
    rules: (id) => state.rules[id] ?? [],
    prefixList: (id) => state.prefixLists[id] ?? [],
    extraAddresses: (id) => state.extra[id] ?? [],
    forwards: (id) => state.forwarding.has(id),
  };
}

export function interfaceOf(state: World, id: string): NetworkInterface {
  const found = state.interfaces.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no ${id} in this world`);
  return found;
}
