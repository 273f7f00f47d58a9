import type { Instance } from "./instance.ts";

export interface NetworkInterface {
  readonly id: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly privateIp: string;
  publicIp: string | undefined;
  securityGroupIds: string[];
  sourceDestCheck: boolean;
  /** The instance it is attached to, and as which device (0 = primary). */
  attachment: { readonly instanceId: string; readonly deviceIndex: number } | undefined;
  readonly description: string;
}

export interface SecurityGroupRule {
  readonly direction: "ingress" | "egress";
  /** `tcp`, `udp`, `icmp` or `-1` for all. */
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly peer: { readonly cidr: string } | { readonly securityGroupId: string } | { readonly prefixListId: string };
}

export interface Route {
  readonly destinationCidr: string;
  target:
    | { readonly kind: "local" }
    | { readonly kind: "internet-gateway"; readonly id: string }
    | { readonly kind: "nat-gateway"; readonly id: string }
    | { readonly kind: "network-interface"; readonly id: string; readonly instanceId: string | undefined }
    | { readonly kind: "vpc-endpoint"; readonly id: string };
  /** `blackhole` when the target is gone. */
  state: "active" | "blackhole";
}

/** Read-only view of EC2's network state; `reachability` (pure) works on it. */
export interface NetworkView {
  interfaces(): readonly NetworkInterface[];
  instance(id: string): Instance | undefined;
  /** The effective route table of a subnet (its association, else the VPC's main table). */
  routes(subnetId: string): readonly Route[];
  /** The VPC of a subnet. Private addresses mean something inside of one VPC only: two may have the same range. */
  vpcOf(subnetId: string): string | undefined;
  rules(securityGroupId: string): readonly SecurityGroupRule[];
  /** CIDRs of a managed prefix list. */
  prefixList(id: string): readonly string[];
  /** Addresses the instance's operating system answers to besides its interfaces' own (the virtual IP). */
  extraAddresses(instanceId: string): readonly string[];
  /** Whether the instance's operating system forwards and masquerades (a NAT instance). */
  forwards(instanceId: string): boolean;
}
