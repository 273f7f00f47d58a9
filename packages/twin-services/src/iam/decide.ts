import type { Decision } from "@cloudy/twin-model/identity.ts";
import type { Question, Verdict } from "./evaluate.ts";

export interface Rules {
  /** The caller's own policies have to allow it, whatever the resource's say. */
  readonly identityDecides: boolean;
  /** The resource's policies have to allow it, whatever the caller's say. */
  readonly mustBeGranted: boolean;
}

/** Explicit deny > allow by whichever policies have to agree > implicit deny, worded as AWS does. Pure. */
export function decide(own: Verdict, granting: Verdict, question: Question, rules: Rules): Decision {
  const { action, resource, principal } = question;
  const prefix = `User: ${principal.arns[0]} is not authorized to perform: ${action} on resource: ${resource}`;
  for (const [verdict, kind] of [[own, "an identity-based"] as const, [granting, "a resource-based"] as const])
    if (verdict.effect === "deny")
      return { allowed: false, because: `${prefix} with an explicit deny in ${kind} policy (${verdict.because})` };
  const granted = granting.effect === "allow";
  if (rules.mustBeGranted && !granted) return denied(prefix, "resource-based", action, granting.because);
  if (own.effect === "allow") return { allowed: true, because: own.because };
  if (granted && !rules.identityDecides) return { allowed: true, because: granting.because };
  return denied(prefix, "identity-based", action, own.because);
}

function denied(prefix: string, kind: string, action: string, nearest: string): Decision {
  const hint = nearest === "" ? "" : ` (${nearest})`;
  return { allowed: false, because: `${prefix} because no ${kind} policy allows the ${action} action${hint}` };
}
