import type { Change } from "./change.ts";
import type { ChangePlan } from "./change-plan.ts";
import type { Resource } from "./resource.ts";

/** As the preview of Pulumi marks them. */
const MARKS = { create: "+ ", update: "~ ", replace: "+-", delete: "- ", same: "  " } as const;

/** Refusals first, each with what to do; then a line for each resource that changes, and the sums. */
export function render({ changes, refusals }: ChangePlan): string {
  const refused = refusals.flatMap(({ what, todo, urn }) => [`  ${what}`, `    to do: ${todo}`, `    ${urn}`]);
  const lines = changes.filter(({ kind }) => kind !== "same").map(lineOf);
  const sums = (["create", "update", "replace", "delete", "same"] as const).map((kind) => {
    const count = changes.filter((change) => change.kind === kind).length;
    return kind === "same" ? `${count} unchanged` : `${count} to ${kind}`;
  });
  return [
    ...(refused.length === 0 ? [] : [`Refused (${refusals.length}):`, ...refused, ""]),
    ...lines,
    ...(lines.length === 0 ? [] : [""]),
    sums.join(", "),
  ].join("\n");
}

/** For other programs: what changes and what is refused, without the properties' values. */
export function summary({ changes, refusals }: ChangePlan): object {
  const changing = changes.filter(({ kind }) => kind !== "same");
  return {
    refusals,
    changes: changing.map((change) => {
      const { urn, type, name } = "now" in change ? change.now : change.before;
      const properties = "properties" in change ? { properties: change.properties } : {};
      const replaced = change.kind === "replace" ? { because: change.because, deletesFirst: change.deletesFirst } : {};
      return { kind: change.kind, urn, type, name, ...properties, ...replaced };
    }),
  };
}

function lineOf(change: Change): string {
  const resource = "now" in change ? change.now : change.before;
  return `${MARKS[change.kind]} ${titleWithModule(resource).padEnd(60)} ${whatOf(change)}`.trimEnd();
}

function whatOf(change: Change): string {
  switch (change.kind) {
    case "create":
    case "same":
      return "";
    case "delete":
      return change.before.options.isRetained ? "left in the cloud" : "";
    case "update":
      return `[${change.properties.join(", ")}]`;
    case "replace":
      return `[${change.because.join(", ")}], ${change.deletesFirst ? "the old one deleted first" : "the new one made first"}`;
  }
}

/** `aws:ec2:Subnet public-a`, as a preview writes the type. */
function titleWithModule({ type, name }: Resource): string {
  const [provider, module, kind] = type.split(":");
  return `${provider}:${module?.split("/")[0]}:${kind} ${name}`;
}
