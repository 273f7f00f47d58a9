/** What the twin knows of an instance type; there is one row for each. */
export interface InstanceType {
  readonly name: string;
  readonly memory_MB: number;
  readonly vcpus: number;
  readonly architectures: readonly string[];
  /**
   * Cores of the machine below that stand for all of its vCPUs. A nano gets a quarter, so that four of them, the twin itself and
   * a load generator fit on two cores.
   */
  readonly share: number;
}

/** What the sizes of all families have in common. */
const SIZES = {
  nano: { memory_MB: 512, vcpus: 2, share: 0.25 },
  micro: { memory_MB: 1024, vcpus: 2, share: 0.3 },
  small: { memory_MB: 2048, vcpus: 2, share: 0.4 },
  medium: { memory_MB: 4096, vcpus: 2, share: 0.5 },
  large: { memory_MB: 8192, vcpus: 2, share: 1 },
  xlarge: { memory_MB: 16_384, vcpus: 4, share: 1 },
  "2xlarge": { memory_MB: 32_768, vcpus: 8, share: 1 },
} as const satisfies Readonly<Record<string, Pick<InstanceType, "memory_MB" | "vcpus" | "share">>>;
type Size = keyof typeof SIZES;

interface Family {
  readonly sizes: readonly Size[];
  readonly architectures: readonly string[];
  /** Sizes with one vCPU. */
  readonly single?: readonly Size[];
}

const BURSTABLE: readonly Size[] = ["nano", "micro", "small", "medium", "large", "xlarge", "2xlarge"];
const GENERAL: readonly Size[] = ["large", "xlarge", "2xlarge"];

/** EC2's user guide, "Specifications for Amazon EC2 general purpose instances". */
const FAMILIES: Readonly<Record<string, Family>> = {
  t2: { sizes: BURSTABLE, architectures: ["i386", "x86_64"], single: ["nano", "micro", "small"] },
  t3: { sizes: BURSTABLE, architectures: ["x86_64"] },
  t3a: { sizes: BURSTABLE, architectures: ["x86_64"] },
  t4g: { sizes: BURSTABLE, architectures: ["arm64"] },
  m6g: { sizes: GENERAL, architectures: ["arm64"] },
  m6i: { sizes: GENERAL, architectures: ["x86_64"] },
  m7g: { sizes: GENERAL, architectures: ["arm64"] },
  m7i: { sizes: GENERAL, architectures: ["x86_64"] },
};

export const INSTANCE_TYPES: ReadonlyMap<string, InstanceType> = new Map(
  Object.entries(FAMILIES).flatMap(([family, { sizes, architectures, single = [] }]) =>
    sizes.map((size): [string, InstanceType] => {
      const name = `${family}.${size}`;
      const vcpus = single.includes(size) ? 1 : SIZES[size].vcpus;
      return [name, { name, ...SIZES[size], vcpus, architectures }];
    }),
  ),
);

/** In words that follow "only". */
export const KNOWN_TYPES = `sizes of ${Object.keys(FAMILIES).join(", ")}`;
