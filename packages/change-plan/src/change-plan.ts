import { birthRefusals } from "./birth-refusals.ts";
import { type Change, changesBetween } from "./change.ts";
import { lossRefusals } from "./loss-refusals.ts";
import { onceRefusals } from "./once-refusals.ts";
import type { Refusal } from "./refusal.ts";
import type { Resource } from "./resource.ts";

export interface ChangePlan {
  readonly changes: readonly Change[];
  readonly refusals: readonly Refusal[];
}

/** What a deployment of `now` over the living `before` would do, and all that would end half-way or lose something. */
export function planChange(before: readonly Resource[], now: readonly Resource[]): ChangePlan {
  const changes = changesBetween(before, now);
  return { changes, refusals: [...birthRefusals(changes), ...onceRefusals(changes), ...lossRefusals(changes)] };
}
