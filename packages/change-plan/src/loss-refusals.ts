import type { Change } from "./change.ts";
import { holderOf } from "./holders.ts";
import type { Refusal } from "./refusal.ts";
import { titleOf } from "./resource.ts";

/** Replacements and deletions of what cannot be made again. */
export function lossRefusals(changes: readonly Change[]): readonly Refusal[] {
  return changes.flatMap((change) => [...protectedRefusal(change), ...lossRefusal(change)]);
}

function lossRefusal(change: Change): readonly Refusal[] {
  if (change.kind !== "replace" && change.kind !== "delete") return [];
  const { before } = change;
  const holder = holderOf(before);
  if (holder === undefined) return [];
  if (change.kind === "delete" && (holder.mayGo || before.options.isRetained)) return [];
  const why = change.kind === "replace" ? ` for [${change.because.join(", ")}]` : "";
  return [
    {
      rule: "loss",
      urn: before.urn,
      what: `${change.kind} of ${titleOf(before)}, which holds ${holder.what}${why}`,
      todo:
        change.kind === "replace"
          ? "leave the property as it was; a stack that needs another value is a new stack, into which the data is restored"
          : "keep it in the program, by its old URN as an alias where it was renamed",
    },
  ];
}

/** The engine itself ends a deployment at these. */
function protectedRefusal(change: Change): readonly Refusal[] {
  const isRefused =
    change.kind === "delete"
      ? change.before.options.isProtected
      : change.kind === "replace" && change.before.options.isProtected && change.now.options.isProtected;
  if (!isRefused || !("before" in change)) return [];
  return [
    {
      rule: "protected",
      urn: change.before.urn,
      what: `${change.kind} of ${titleOf(change.before)}, which is protected`,
      todo: "set [cloudy:protect] to false and deploy that first, if it shall really go",
    },
  ];
}
