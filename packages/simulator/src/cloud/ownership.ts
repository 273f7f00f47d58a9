import { stackTags } from "@cloudy/contracts/stack-tags.ts";

type Tags = Readonly<Record<string, string>>;

/** The stack whose histories are told. */
export const SIMULATED_STACK = "cloudy/simulated";

export const OWN_TAGS: Tags = { database: "true", ...stackTags(SIMULATED_STACK) };

/** What another stack of the same account has, for the whole of every history. The function's role may not change it. */
export const NEIGHBOUR = {
  tags: { ...OWN_TAGS, Stack: "neighbour" },
  instanceId: "i-neighbour",
  ip: "10.0.1.250",
  routeTableId: "rtb-neighbour",
} as const;

interface Filter {
  readonly Name: string;
  readonly Values: readonly string[];
}

/** EC2's filters by tag: all must match. */
export function isAskedFor(filters: unknown, tags: Tags): boolean {
  const wanted = (filters ?? []) as readonly Filter[];
  return wanted.every(({ Name, Values }) => {
    if (!Name.startsWith("tag:")) throw new Error(`the simulated EC2 does not know the filter ${Name}: add it`);
    return Values.includes(tags[Name.slice("tag:".length)] ?? "");
  });
}
