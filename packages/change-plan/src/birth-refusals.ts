import type { Change } from "./change.ts";
import type { Refusal } from "./refusal.ts";

const STASH = "pulumi:index:Stash";

/** Settings that a living stack keeps as it was born with them: the program itself ends the deployment at these. */
export function birthRefusals(changes: readonly Change[]): readonly Refusal[] {
  return changes.flatMap((change) => {
    if (change.kind !== "same" || change.now.type !== STASH) return [];
    const [was, is] = [change.before.inputs["input"], change.now.inputs["input"]];
    if (was === is) return [];
    return [
      {
        rule: "birth",
        urn: change.now.urn,
        what: `${change.now.name} from "${was}" to "${is}", which is given to a new stack only`,
        todo: "leave it as it was; Pulumi.yaml and docs/operations.md say how to move",
      },
    ];
  });
}
