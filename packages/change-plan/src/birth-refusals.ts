import type { Change } from "./change.ts";
import type { Refusal } from "./refusal.ts";

/** What the stack keeps of its birth: see infra/birth.ts. */
const KEPT = { type: "random:index/randomId:RandomId", prefix: "birth-" };

/** Settings that a living stack keeps as it was born with them: the program itself ends the deployment at these. */
export function birthRefusals(changes: readonly Change[]): readonly Refusal[] {
  return changes.flatMap((change) => {
    if (change.kind !== "same" || change.now.type !== KEPT.type || !change.now.name.startsWith(KEPT.prefix)) return [];
    const [was, is] = [keptIn(change.before.inputs), keptIn(change.now.inputs)];
    if (was === is) return [];
    return [
      {
        rule: "birth",
        urn: change.now.urn,
        what: `${change.now.name.slice(KEPT.prefix.length)} from "${was}" to "${is}", which is given to a new stack only`,
        todo: "leave it as it was; Pulumi.yaml and docs/operations.md say how to move",
      },
    ];
  });
}

function keptIn(inputs: Readonly<Record<string, unknown>>): unknown {
  return (inputs["keepers"] as { readonly value?: unknown } | undefined)?.value;
}
