import * as aws from "@pulumi/aws";
import { RunError } from "@pulumi/pulumi";
import { wrongSetting } from "../settings/config-reader.ts";
import type { SubnetPlan } from "../settings/network-settings.ts";
import type { Settings } from "../settings/settings.ts";

/** What AWS says of an instance type. */
export interface MachineType {
  readonly name: string;
  readonly memory_MB: number;
  readonly vcpus: number;
  /** Of the image that it boots. */
  readonly architecture: "arm64" | "x86_64";
}

/** A setting that names an instance type, and the zones in which such instances start. */
interface Demand {
  readonly key: string;
  readonly type: string;
  readonly zones: readonly string[];
}

/** Which types are offered where: two lists of one length, as AWS gives them. */
interface Offerings {
  readonly instanceTypes: readonly string[];
  readonly locations: readonly string[];
}

/** The types of this stack's instances; without a NAT instance it has no type either. */
interface Machines {
  readonly web: MachineType;
  readonly database: MachineType;
  readonly nat: MachineType | undefined;
}

/**
 * What AWS says of the types that the settings name. It is asked in a preview too, so that what cannot start is refused before
 * anything is created. Throws RunError for a type that a zone does not offer.
 */
export async function lookUpMachines(settings: Settings, provider: aws.Provider): Promise<Machines> {
  const { web, database, network } = settings;
  const zones = (subnets: readonly SubnetPlan[]) => subnets.map(({ zone }) => zone);
  const nat = network.nat === "instance" ? network.natInstanceType : undefined;
  const demands: Demand[] = [
    { key: "webInstanceType", type: web.instanceType, zones: zones(network.publicSubnets) },
    { key: "databaseInstanceType", type: database.instanceType, zones: zones(network.privateSubnets) },
  ];
  if (nat !== undefined) {
    demands.push({ key: "natInstanceType", type: nat, zones: zones(network.publicSubnets.slice(0, 1)) });
  }
  // Asked first: of a type that the region does not have the other question ends in AWS's words.
  const types = [...new Set(demands.map(({ type }) => type))];
  const offerings = await aws.ec2.getInstanceTypeOfferings(
    { filters: [{ name: "instance-type", values: types }], locationType: "availability-zone" },
    { provider },
  );
  for (const demand of demands) refuseMissing(demand, offerings);
  return {
    web: await lookUp(web.instanceType, provider),
    database: await lookUp(database.instanceType, provider),
    nat: nat === undefined ? undefined : await lookUp(nat, provider),
  };
}

async function lookUp(type: string, provider: aws.Provider): Promise<MachineType> {
  const { memorySize, defaultVcpus, supportedArchitectures } = await aws.ec2.getInstanceType(
    { instanceType: type },
    { provider },
  );
  return {
    name: type,
    memory_MB: memorySize,
    vcpus: defaultVcpus,
    architecture: architectureOf(type, supportedArchitectures),
  };
}

/** Throws RunError for a type that no image of Amazon Linux 2023 runs on, a Mac for example. */
export function architectureOf(type: string, supported: readonly string[]): "arm64" | "x86_64" {
  const known = (["arm64", "x86_64"] as const).find((architecture) => supported.includes(architecture));
  if (known !== undefined) return known;
  throw new RunError(
    `Amazon Linux 2023 runs on arm64 and x86_64; a ${type} has ${supported.join(", ")}: choose another.`,
  );
}

function refuseMissing({ key, type, zones }: Demand, offerings: Offerings): void {
  const offered = offerings.locations.filter((_, index) => offerings.instanceTypes[index] === type);
  const missing = zones.filter((zone) => !offered.includes(zone));
  if (missing.length === 0) return;
  const size = type.split(".")[1] ?? "small";
  const where = offered.length === 0 ? "no zone of this region does" : `only ${offered.join(", ")} do`;
  throw wrongSetting(
    key,
    type,
    `a type that ${missing.join(" and ")} ${missing.length === 1 ? "offers" : "offer"}, where ${where}: for example t3.${size} or t4g.${size}; or choose other [cloudy:zones]`,
  );
}
