/** What AWS says of some types (EC2 user guide, "Specifications for instance types"): MiB, vCPUs, architectures. */
const X86 = ["x86_64"];
const GRAVITON = ["arm64"];
const TYPES: Readonly<Record<string, readonly [memory_MB: number, vcpus: number, architectures: readonly string[]]>> = {
  "t2.nano": [512, 1, ["i386", "x86_64"]],
  "t2.micro": [1024, 1, ["i386", "x86_64"]],
  "t3.nano": [512, 2, X86],
  "t4g.nano": [512, 2, GRAVITON],
  "t4g.micro": [1024, 2, GRAVITON],
  "t4g.small": [2048, 2, GRAVITON],
  "t4g.medium": [4096, 2, GRAVITON],
  "t4g.xlarge": [16_384, 4, GRAVITON],
  "m7g.large": [8192, 2, GRAVITON],
  "m7gd.large": [8192, 2, GRAVITON],
  "c7gn.large": [4096, 2, GRAVITON],
  "m7i-flex.large": [8192, 2, X86],
  "g4dn.xlarge": [16_384, 4, X86],
  "g5g.xlarge": [8192, 4, GRAVITON],
  "m7g.2xlarge": [32_768, 8, GRAVITON],
  "mac2.metal": [16_384, 8, ["arm64_mac"]],
};

export function instanceType(type: string) {
  const found = TYPES[type];
  if (found === undefined) throw new Error(`no instance type ${type} in infra/test/instance-types.ts`);
  const [memorySize, defaultVcpus, supportedArchitectures] = found;
  return { instanceType: type, memorySize, defaultVcpus, supportedArchitectures };
}

/** All of these types in all zones of the region but those that are named `<type> in <zone>`. */
export function offeringsOf(types: readonly string[], region: string, missing: readonly string[] = []) {
  const offered = types
    .filter((type) => type in TYPES)
    .flatMap((type) => ["a", "b", "c"].map((zone) => ({ type, zone: `${region}${zone}` })))
    .filter(({ type, zone }) => !missing.includes(`${type} in ${zone}`));
  return {
    instanceTypes: offered.map(({ type }) => type),
    locations: offered.map(({ zone }) => zone),
    locationTypes: offered.map(() => "availability-zone"),
  };
}
