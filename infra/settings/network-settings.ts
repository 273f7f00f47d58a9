import { VIRTUAL_IP } from "@cloudy/contracts/environment/failover.ts";
import type { BirthFact } from "./birth-facts.ts";
import { type CidrRange, contains, overlaps, parseCidr } from "./cidr.ts";
import { type ConfigReader, wrongSetting } from "./config-reader.ts";
import { INSTANCE_TYPE, type SettingGroup } from "./setting.ts";

export interface SubnetPlan {
  readonly zone: string;
  readonly cidr: string;
}

export type NetworkSettings = ReturnType<typeof parseNetwork>;

/** What AWS takes for a VPC and for a subnet. */
const NETWORK_BITS = { min: 16, max: 28 };
/** A load balancer asks for eight free addresses in each of its subnets. */
const BALANCER_BITS = { ...NETWORK_BITS, max: 27 };
/** Addresses that no host in a VPC can be reached by: this host, loopback, link-local (AWS's metadata), multicast and above. */
const RESERVED_CIDRS = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"];
const CIDR = /^\d+\.\d+\.\d+\.\d+\/\d+$/;

export const NETWORK = {
  vpcCidr: {
    type: "text",
    default: "10.0.0.0/16",
    shape: { pattern: CIDR, words: "an IPv4 CIDR such as 10.0.0.0/16" },
    description: "range of the VPC",
    birthOnly: "every subnet and all that is in them would be made anew; move by a new stack and a restore",
  },
  zones: {
    type: "list",
    default: ["a", "b"],
    shape: { pattern: /^[a-z]$/, words: 'zone letters such as ["a","b"]' },
    description: "zones of the region, at least two",
  },
  publicCidrs: {
    type: "list",
    default: ["10.0.0.0/24", "10.0.2.0/24"],
    shape: { pattern: CIDR, words: "IPv4 CIDRs, one a zone" },
    description: "public subnets",
    birthOnly: "all that is in the subnet would be made anew; a zone may be added or removed with its own ranges",
  },
  privateCidrs: {
    type: "list",
    default: ["10.0.1.0/24", "10.0.3.0/24"],
    shape: { pattern: CIDR, words: "IPv4 CIDRs, one a zone" },
    description: "private subnets",
    birthOnly: "all that is in the subnet would be made anew; a zone may be added or removed with its own ranges",
  },
  nat: {
    type: "choice",
    default: "instance",
    choices: ["instance", "gateway", "none"],
    description: "way out of the private subnets: a self-healing instance, a gateway a zone, or endpoints only",
  },
  natInstanceType: {
    type: "text",
    default: "t2.nano",
    shape: { pattern: INSTANCE_TYPE, words: "an instance type such as t3.nano" },
    description: "type of the NAT instance",
  },
} as const satisfies SettingGroup;

export const ADDRESS = {
  virtualIp: {
    type: "text",
    default: VIRTUAL_IP,
    shape: { pattern: /^\d+\.\d+\.\d+\.\d+$/, words: "an IPv4 address" },
    description: "address of the database, outside of the VPC's range",
    birthOnly: "certificate, routes and clients know the database by it; move by a new stack and a restore",
  },
} as const satisfies SettingGroup;

export function parseNetwork(config: ConfigReader, region: string) {
  const { zones, publicCidrs, privateCidrs, ...network } = config.group(NETWORK);
  checkSubnets(network.vpcCidr, zones, { publicCidrs, privateCidrs });
  const plan = (cidrs: readonly string[]): readonly SubnetPlan[] =>
    cidrs.map((cidr, index) => ({ zone: `${region}${zones[index]}`, cidr }));
  return { ...network, publicSubnets: plan(publicCidrs), privateSubnets: plan(privateCidrs) };
}

/** Which range a zone has, and whose a range is: AWS gives a range to another zone only when the first has let go of it. */
export function subnetFacts({ publicSubnets, privateSubnets }: NetworkSettings): readonly BirthFact[] {
  const facts = (key: "publicCidrs" | "privateCidrs", subnets: readonly SubnetPlan[]): BirthFact[] =>
    subnets.flatMap(({ zone, cidr }) => {
      const shared = { key: `cloudy:${key}`, why: NETWORK[key].birthOnly };
      return [
        { ...shared, name: `${key}-of-${zone}`, value: cidr },
        { ...shared, name: `zone-of-${cidr}`, value: zone },
      ];
    });
  return [...facts("publicCidrs", publicSubnets), ...facts("privateCidrs", privateSubnets)];
}

function checkSubnets(
  vpcCidr: string,
  zones: readonly string[],
  keys: Readonly<Record<string, readonly string[]>>,
): void {
  const vpc = parseNetworkCidr("vpcCidr", vpcCidr);
  if (zones.length < 2 || new Set(zones).size !== zones.length) {
    throw wrongSetting("zones", zones, "at least two different zones: a load balancer needs two");
  }
  const taken: { cidr: string; first: number; last: number }[] = [];
  for (const [key, cidrs] of Object.entries(keys)) {
    if (cidrs.length !== zones.length)
      throw wrongSetting(key, cidrs, `${zones.length} CIDRs, one for each of [cloudy:zones]`);
    for (const cidr of cidrs) {
      const range = parseNetworkCidr(key, cidr, key === "publicCidrs" ? BALANCER_BITS : NETWORK_BITS);
      if (!contains(vpc, range)) throw wrongSetting(key, cidr, `inside [cloudy:vpcCidr] ${vpcCidr}`);
      const other = taken.find((candidate) => overlaps(candidate, range));
      if (other !== undefined) throw wrongSetting(key, cidr, `apart from the other subnets; it overlaps ${other.cidr}`);
      taken.push({ cidr, ...range });
    }
  }
}

function parseNetworkCidr(key: string, cidr: string, allowed = NETWORK_BITS): CidrRange {
  const range = parseCidr(cidr);
  const bits = Number(cidr.split("/")[1]);
  if (range === undefined || bits < allowed.min || bits > allowed.max) {
    throw wrongSetting(key, cidr, `an IPv4 CIDR of /${allowed.min} to /${allowed.max} whose host bits are zero`);
  }
  return range;
}

/** A route more specific than the VPC's own range must cover a whole subnet, so the virtual IP lies outside of it. */
export function parseVirtualIp(config: ConfigReader, vpcCidr: string): string {
  const { virtualIp } = config.group(ADDRESS);
  const range = parseCidr(`${virtualIp}/32`);
  const vpc = parseCidr(vpcCidr);
  if (range === undefined || vpc === undefined || contains(vpc, range)) {
    throw wrongSetting("virtualIp", virtualIp, `an IPv4 address outside of [cloudy:vpcCidr] ${vpcCidr}`);
  }
  const reserved = RESERVED_CIDRS.find((cidr) => {
    const block = parseCidr(cidr);
    return block !== undefined && contains(block, range);
  });
  if (reserved !== undefined) {
    throw wrongSetting("virtualIp", virtualIp, `an address that hosts can have; ${reserved} is reserved`);
  }
  return virtualIp;
}
