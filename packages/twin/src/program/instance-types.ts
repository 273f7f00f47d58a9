import { UserError } from "@cloudy/command-line";

interface InstanceType {
  readonly memorySize: number;
  readonly defaultVcpus: number;
  readonly supportedArchitectures: readonly string[];
}

/** MiB of the sizes that the families below have in common. */
const MEMORY_MIB = {
  nano: 512,
  micro: 1024,
  small: 2048,
  medium: 4096,
  large: 8192,
  xlarge: 16_384,
  "2xlarge": 32_768,
};
type Size = keyof typeof MEMORY_MIB;

const BURSTABLE: readonly Size[] = ["nano", "micro", "small", "medium", "large", "xlarge", "2xlarge"];
const GENERAL: readonly Size[] = ["large", "xlarge", "2xlarge"];
const VCPUS = { nano: 2, micro: 2, small: 2, medium: 2, large: 2, xlarge: 4, "2xlarge": 8 };

/** EC2's user guide, "Specifications for Amazon EC2 general purpose instances". Only T2 has one vCPU in its small sizes. */
const FAMILIES: Readonly<
  Record<string, { sizes: readonly Size[]; vcpus: Readonly<Record<Size, number>>; architectures: readonly string[] }>
> = {
  t2: { sizes: BURSTABLE, vcpus: { ...VCPUS, nano: 1, micro: 1, small: 1 }, architectures: ["i386", "x86_64"] },
  t3: { sizes: BURSTABLE, vcpus: VCPUS, architectures: ["x86_64"] },
  t3a: { sizes: BURSTABLE, vcpus: VCPUS, architectures: ["x86_64"] },
  t4g: { sizes: BURSTABLE, vcpus: VCPUS, architectures: ["arm64"] },
  m6g: { sizes: GENERAL, vcpus: VCPUS, architectures: ["arm64"] },
  m6i: { sizes: GENERAL, vcpus: VCPUS, architectures: ["x86_64"] },
  m7g: { sizes: GENERAL, vcpus: VCPUS, architectures: ["arm64"] },
  m7i: { sizes: GENERAL, vcpus: VCPUS, architectures: ["x86_64"] },
};

/** Letters of the zones that a region of the twin has; it offers every type in each. */
const ZONES = ["a", "b", "c", "d", "e", "f"];

/** Throws UserError for a type that is not in the table. */
export function describeInstanceType(name: string): InstanceType {
  const [family = "", given = ""] = name.split(".");
  const known = FAMILIES[family];
  const size = known?.sizes.find((candidate) => candidate === given);
  if (known === undefined || size === undefined) {
    throw new UserError(
      `The twin does not know the instance type ${name}, only sizes of ${Object.keys(FAMILIES).join(", ")}: choose one, or teach it in packages/twin/src/program/instance-types.ts.`,
    );
  }
  return {
    memorySize: MEMORY_MIB[size],
    defaultVcpus: known.vcpus[size],
    supportedArchitectures: known.architectures,
  };
}

/** Where these types are offered: two lists of one length, as AWS gives them. Throws UserError for a type that is not known. */
export function offeringsOf(types: readonly string[], region: string) {
  for (const type of types) describeInstanceType(type);
  const offered = types.flatMap((type) => ZONES.map((zone) => ({ type, zone: `${region}${zone}` })));
  return {
    instanceTypes: offered.map(({ type }) => type),
    locations: offered.map(({ zone }) => zone),
    locationTypes: offered.map(() => "availability-zone"),
  };
}
