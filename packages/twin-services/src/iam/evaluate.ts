import { type Context, conditionHolds, conditionSentence } from "./condition.ts";
import type { Policy, Principals, Scope, Statement } from "./policy.ts";
import { arnMatcher, wildcard } from "./wildcard.ts";

/** Who asks, as resource-based policies name it. */
interface Principal {
  readonly accountId: string;
  /** ARNs it goes by: session and role, or user. */
  readonly arns: readonly string[];
  /** A service principal, for example `ec2.amazonaws.com`. */
  readonly service: string | undefined;
}

export interface Question {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

export interface Verdict {
  readonly effect: "allow" | "deny" | "none";
  /** `direct`: the principal itself is named; `account`: its account is, so that IAM policies must allow it too. */
  readonly grants: "direct" | "account" | undefined;
  /** Which statement decided; for `none` the one that came nearest, if any names the action. */
  readonly because: string;
}

/** One set of policies: an explicit deny beats an allow, an allow beats silence. Pure. */
export function evaluate(policies: readonly Policy[], question: Question): Verdict {
  let allowed: Verdict | undefined;
  let nearest = "";
  for (const policy of policies) {
    for (const statement of policy.statements) {
      const where = `statement ${statement.sid} of ${policy.name}`;
      const outcome = match(statement, question);
      if (!outcome.matches) {
        if (statement.effect === "Allow" && outcome.miss !== "") nearest ||= `${where} ${outcome.miss}`;
        continue;
      }
      if (statement.effect === "Deny") return { effect: "deny", grants: undefined, because: `${where} denies it` };
      if (allowed?.grants !== "direct")
        allowed = { effect: "allow", grants: outcome.grants, because: `${where} allows it` };
    }
  }
  return allowed ?? { effect: "none", grants: undefined, because: nearest };
}

type Match =
  | { readonly matches: true; readonly grants: "direct" | "account" }
  | { readonly matches: false; readonly miss: string };

function match(statement: Statement, question: Question): Match {
  const { action, resource, context } = question;
  const variables = (key: string) => context[key];
  const miss = (sentence: string): Match => ({ matches: false, miss: sentence });
  const namesAction = (pattern: string) => wildcard(pattern.toLowerCase(), variables)?.(action.toLowerCase()) ?? false;
  if (!inScope(statement.actions, namesAction)) return miss("");
  const grants = statement.principals ? named(statement.principals, question.principal) : "direct";
  if (!grants) return miss(`allows the action to others`);
  const namesResource = (pattern: string) =>
    pattern === "*" || (resource !== "*" && (arnMatcher(pattern, variables)?.(resource) ?? false));
  if (statement.resources && !inScope(statement.resources, namesResource))
    return miss(`allows the action, but on ${statement.resources.patterns.join(", ")}`);
  const failed = statement.conditions.find((condition) => !conditionHolds(condition, context));
  if (failed) return miss(`allows the action, but only if ${conditionSentence(failed, context)}`);
  return { matches: true, grants };
}

function inScope(scope: Scope, matches: (pattern: string) => boolean): boolean {
  return scope.patterns.some(matches) !== scope.negated;
}

function named(principals: Principals, { accountId, arns, service }: Principal): "direct" | "account" | undefined {
  if (service !== undefined) return principals.services.includes(service) ? "direct" : undefined;
  if (principals.aws.some((principal) => principal === "*" || arns.includes(principal))) return "direct";
  const account = [accountId, `arn:aws:iam::${accountId}:root`];
  return principals.aws.some((principal) => account.includes(principal)) ? "account" : undefined;
}
