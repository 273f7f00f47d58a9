import { type Change, renewedProperties } from "./change.ts";
import { heldBy } from "./once.ts";
import type { Refusal } from "./refusal.ts";
import { type Resource, titleOf } from "./resource.ts";

/**
 * What AWS allows once and two would hold. The engine creates, updates and replaces as the program goes along, and deletes
 * what is left over at the end: until then the old one holds what it held.
 */
export function onceRefusals(changes: readonly Change[]): readonly Refusal[] {
  const done = new Map(changes.flatMap((change) => ("now" in change ? [[change.now.urn, change] as const] : [])));
  const holders = holdersOf(changes);
  const taken = new Map<string, Resource>();
  const refusals: Refusal[] = [];
  for (const change of changes) {
    if (!("now" in change)) continue;
    for (const thing of heldBy(change.now, readAnew(change.now, done))) {
      const other = taken.get(thing);
      if (other !== undefined) refusals.push(twice(change.now, other, thing));
      taken.set(thing, change.now);
      const holder = holders.get(thing);
      if (holder !== undefined && stillHolds(holder, change, done)) refusals.push(collision(change, holder, thing));
    }
  }
  return refusals;
}

/** Who holds what before the deployment. */
function holdersOf(changes: readonly Change[]): ReadonlyMap<string, Change> {
  return new Map(
    changes.flatMap((change) =>
      "before" in change ? heldBy(change.before).map((thing) => [thing, change] as const) : [],
    ),
  );
}

/** Its inputs, in which what is made of a replaced resource cannot be mistaken for the old one's. */
function readAnew(resource: Resource, done: ReadonlyMap<string, Change>): Resource["inputs"] {
  const renewed = renewedProperties(resource, done);
  const anew = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(anew);
    return typeof value === "string" ? `${value} (new)` : value;
  };
  const read = (key: string, value: unknown) => (renewed.has(key) ? anew(value) : value);
  return Object.fromEntries(Object.entries(resource.inputs).map(([key, value]) => [key, read(key, value)]));
}

function stillHolds(holder: Change, change: Change, done: ReadonlyMap<string, Change>): boolean {
  if (!("before" in holder) || !("now" in change)) return false;
  if (holder === change) return change.kind === "replace" && !change.deletesFirst;
  if (holder.kind === "delete" || holder.kind === "same") return true;
  if (holder.kind === "replace" && !holder.deletesFirst) return true;
  // It lets go when its turn comes, which is surely earlier only where the other one waits for it.
  const letsGo = !heldBy(holder.now).some((thing) => heldBy(change.now).includes(thing));
  return !letsGo || !waitsFor(change.now, holder.now.urn, done, new Set());
}

function waitsFor(resource: Resource, urn: string, done: ReadonlyMap<string, Change>, seen: Set<string>): boolean {
  return resource.options.dependencies.some((dependency) => {
    if (dependency === urn) return true;
    if (seen.has(dependency)) return false;
    seen.add(dependency);
    const change = done.get(dependency);
    return change !== undefined && "now" in change && waitsFor(change.now, urn, done, seen);
  });
}

function collision(change: Change, holder: Change, thing: string): Refusal {
  const now = "now" in change ? change.now : undefined;
  const before = "before" in holder ? holder.before : undefined;
  if (now === undefined || before === undefined) throw new Error("a collision has two sides");
  const what =
    holder === change
      ? `create-before-delete of ${titleOf(now)}, of which AWS allows one: ${thing}`
      : `${change.kind} of ${titleOf(now)} while ${titleOf(before)} still has what AWS allows once: ${thing}`;
  const todo =
    holder === change
      ? "give the new one another name or key, or have the program delete the old one first (deleteBeforeReplace)"
      : "keep one resource under one logical name for it, or change in two deployments: first let go, then take";
  return { rule: "once", urn: now.urn, what, todo };
}

function twice(one: Resource, other: Resource, thing: string): Refusal {
  return {
    rule: "once",
    urn: one.urn,
    what: `${titleOf(one)} and ${titleOf(other)} both want what AWS allows once: ${thing}`,
    todo: "declare it once",
  };
}
