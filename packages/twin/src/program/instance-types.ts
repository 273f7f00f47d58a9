import { UserError } from "@cloudy/command-line";
import { INSTANCE_TYPES, KNOWN_TYPES } from "@cloudy/twin-model/instance-types.ts";

/** As the provider's data source says it. */
interface Described {
  readonly memorySize: number;
  readonly defaultVcpus: number;
  readonly supportedArchitectures: readonly string[];
}

/** Letters of the zones that a region of the twin has; it offers every type in each. */
const ZONES = ["a", "b", "c", "d", "e", "f"];

/** Throws UserError for a type that is not in the table. */
export function describeInstanceType(name: string): Described {
  const known = INSTANCE_TYPES.get(name);
  if (known === undefined) {
    throw new UserError(
      `The twin does not know the instance type ${name}, only ${KNOWN_TYPES}: choose one, or teach it in packages/twin-model/src/instance-types.ts.`,
    );
  }
  const { memory_MB, vcpus, architectures } = known;
  return { memorySize: memory_MB, defaultVcpus: vcpus, supportedArchitectures: architectures };
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
