import { COMPUTE_FACTS } from "./compute.ts";
import { NETWORK_FACTS } from "./network.ts";
import { OTHER_PROVIDERS_FACTS } from "./other-providers.ts";
import { SERVICE_FACTS } from "./services.ts";
import { STORAGE_FACTS } from "./storage.ts";
import type { TypeFacts } from "./type-facts.ts";

/**
 * What the providers do with a changed property, read from their sources: `replaces` and `updates` from terraform-provider-aws
 * 6.48.0 (5f2286d6d836 of 2026-06-02: `ForceNew`, `RequiresReplace` and each `CustomizeDiff`), terraform-provider-tls 4.3.0
 * (d044ca7c6f52) and terraform-provider-random (e1092b0cfc07 of 2026-08-24); `deletesFirst` and `autoNamed` from pulumi-aws 7
 * (`provider/resource_overrides.go`, `provider/autonaming.go`). What follows from an explicit name is the rule
 * `nameRequiresDeleteBeforeReplace` of pulumi-terraform-bridge 3.120.0.
 */
const FACTS: Readonly<Record<string, TypeFacts>> = {
  ...NETWORK_FACTS,
  ...COMPUTE_FACTS,
  ...STORAGE_FACTS,
  ...SERVICE_FACTS,
  ...OTHER_PROVIDERS_FACTS,
};

/** Types of Pulumi itself and components, whose properties change nothing in a cloud. */
export function isOfACloud(type: string): boolean {
  return /^(aws|random|tls):/.test(type);
}

/** Throws for a type of a cloud that the table does not have. */
export function factsOf(type: string): TypeFacts {
  const facts = FACTS[type];
  if (facts === undefined) {
    throw new Error(
      `The change plan knows nothing of ${type}. Add it to packages/change-plan/src/facts, from the source.`,
    );
  }
  return facts;
}

/** Properties of a resource that the table does not have; each is named by type and property. */
export function unknownProperties(type: string, inputs: Readonly<Record<string, unknown>>): readonly string[] {
  if (!isOfACloud(type)) return [];
  const facts = FACTS[type];
  if (facts === undefined) return [type];
  const known = new Set([...facts.replaces, ...facts.updates]);
  return Object.keys(inputs)
    .filter((property) => !known.has(property))
    .map((property) => `${type} [${property}]`);
}
