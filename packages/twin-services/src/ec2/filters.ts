import type { Filter } from "@aws-sdk/client-ec2";
import { AwsError } from "@cloudy/twin-wire/operation.ts";

/** What a resource answers to each filter's name. */
export type FilterValues = Readonly<Record<string, readonly (string | undefined)[]>>;

/** EC2's filters: all must match, each by any of its values; `*` and `?` are wildcards. */
export function matches(
  filters: readonly Filter[] | undefined,
  values: FilterValues,
  tags: Readonly<Record<string, string>>,
): boolean {
  return (filters ?? []).every((filter) => {
    const name = filter.Name ?? "";
    const wanted = filter.Values ?? [];
    const actual = actualValues(name, values, tags);
    return actual.some((value) => value !== undefined && wanted.some((pattern) => matchesPattern(pattern, value)));
  });
}

function actualValues(
  name: string,
  values: FilterValues,
  tags: Readonly<Record<string, string>>,
): readonly (string | undefined)[] {
  if (name.startsWith("tag:")) return [tags[name.slice("tag:".length)]];
  if (name === "tag-key") return Object.keys(tags);
  if (name === "tag-value") return Object.values(tags);
  const actual = values[name];
  if (actual === undefined) throw new AwsError("InvalidParameterValue", `The filter '${name}' is invalid`);
  return actual;
}

function matchesPattern(pattern: string, value: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === value;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(value);
}
