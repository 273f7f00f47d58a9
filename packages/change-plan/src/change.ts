import { factsOf, isOfACloud } from "./facts/facts.ts";
import type { Resource } from "./resource.ts";

export type Change = Created | Updated | Replaced | Deleted | Unchanged;

interface Created {
  readonly kind: "create";
  readonly now: Resource;
}
interface Updated {
  readonly kind: "update";
  readonly before: Resource;
  readonly now: Resource;
  /** Those that differ, or that follow from what is made anew. */
  readonly properties: readonly string[];
}
interface Replaced {
  readonly kind: "replace";
  readonly before: Resource;
  readonly now: Resource;
  readonly properties: readonly string[];
  /** Those of them that make a new one. */
  readonly because: readonly string[];
  readonly deletesFirst: boolean;
}
interface Deleted {
  readonly kind: "delete";
  readonly before: Resource;
}
interface Unchanged {
  readonly kind: "same";
  readonly before: Resource;
  readonly now: Resource;
}

/** What the engine would do with each resource, in the order in which the new program declares them; what goes comes last. */
export function changesBetween(before: readonly Resource[], now: readonly Resource[]): readonly Change[] {
  const old = new Map(before.map((resource) => [resource.urn, resource]));
  const done = new Map<string, Change>();
  for (const resource of now) {
    const former = [resource.urn, ...resource.options.aliases]
      .map((urn) => old.get(urn))
      .find((found) => found !== undefined);
    if (former !== undefined) old.delete(former.urn);
    done.set(resource.urn, former === undefined ? { kind: "create", now: resource } : changeOf(former, resource, done));
  }
  return [...done.values(), ...[...old.values()].map((resource): Change => ({ kind: "delete", before: resource }))];
}

function changeOf(before: Resource, now: Resource, done: ReadonlyMap<string, Change>): Change {
  if (!isOfACloud(now.type)) return { kind: "same", before, now };
  const facts = factsOf(now.type);
  const renewed = renewedProperties(now, done);
  const keys = [...new Set([...Object.keys(before.inputs), ...Object.keys(now.inputs)])];
  const properties = keys.filter(
    (key) =>
      !now.options.ignoredChanges.includes(key) &&
      (renewed.has(key) || canonical(before.inputs[key]) !== canonical(now.inputs[key])),
  );
  if (properties.length === 0) return { kind: "same", before, now };
  const isExchanged = (key: string) =>
    facts.alternatives?.includes(key) === true &&
    (before.inputs[key] === undefined) !== (now.inputs[key] === undefined);
  const because = properties.filter((key) => facts.replaces.includes(key) || isExchanged(key));
  if (because.length === 0) return { kind: "update", before, now, properties };
  const isNamed = facts.autoNamed !== undefined && now.inputs[facts.autoNamed] !== undefined;
  // The engine deletes whoever must be replaced with one that is deleted first before it, too.
  const followsOne = because.some((key) => dependsOnDeletedFirst(now, key, done));
  const deletesFirst = now.options.deleteBeforeReplace ?? (facts.deletesFirst === true || isNamed);
  return { kind: "replace", before, now, properties, because, deletesFirst: deletesFirst || followsOne };
}

/** Properties that were made of outputs which will be others. */
export function renewedProperties(now: Resource, done: ReadonlyMap<string, Change>): ReadonlySet<string> {
  const renewed = Object.entries(now.options.propertyDependencies).filter(([, urns]) =>
    urns.some((urn) => {
      const change = done.get(urn);
      if (change === undefined) return false;
      return change.kind === "replace" || (change.kind === "update" && factsOf(change.now.type).hasVersions === true);
    }),
  );
  return new Set(renewed.map(([key]) => key));
}

function dependsOnDeletedFirst(now: Resource, key: string, done: ReadonlyMap<string, Change>): boolean {
  return (now.options.propertyDependencies[key] ?? []).some((urn) => {
    const change = done.get(urn);
    return change?.kind === "replace" && change.deletesFirst;
  });
}

/** Equal for values that the provider takes for the same: what is undefined is not there, and lists of texts are sets to AWS. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (Array.isArray(item)) return item.every((entry) => typeof entry === "string") ? [...item].sort() : item;
    if (typeof item !== "object" || item === null) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
