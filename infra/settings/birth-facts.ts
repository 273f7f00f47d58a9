import { RunError } from "@pulumi/pulumi";

/** A value that a stack is born with. */
export interface BirthFact {
  /** Under this name the stack keeps it. */
  readonly name: string;
  /** The setting that says it, with its namespace. */
  readonly key: string;
  readonly value: string;
  /** Why it cannot change and what to do instead, as a sentence without its full stop. */
  readonly why: string;
}

/** The error that ends a deployment which would change what the stack was born with; undefined when nothing differs. */
export function changedSinceBirth(
  facts: readonly BirthFact[],
  born: readonly (string | undefined)[],
): RunError | undefined {
  const changed = facts.flatMap(({ name, key, value, why }, index) => {
    const was = born[index];
    if (was === undefined || was === value) return [];
    return [`[${key}] is "${value}", but this stack was born with "${was}" (${name}): ${why}.`];
  });
  return changed.length === 0 ? undefined : new RunError(changed.join("\n"));
}

export function regionFact(region: string): BirthFact {
  const why = "a stack lives in one region; make a new stack there and restore the data";
  return { name: "region", key: "aws:region", value: region, why };
}

export function accountFact(accountId: string): BirthFact {
  const why = "these credentials are of another account; use those of the stack's own, or make a new stack";
  return { name: "account", key: "the account of the credentials", value: accountId, why };
}
