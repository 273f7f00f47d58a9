import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Configured values that nobody may read in the state. */
const SECRETS = ["accessKey", "secretKey", "token"];

/**
 * The one provider of the program, with the stack's own tags beside those that `aws:defaultTags` gives.
 * @param configured arguments as the stack's configuration has them, @param ignoredTag what a refresh neither reports nor removes
 */
export function createProvider(
  configured: Readonly<Record<string, unknown>>,
  ownTags: Readonly<Record<string, string>>,
  ignoredTag: string,
): aws.Provider {
  const entries = Object.entries(configured).map(([key, value]): [string, unknown] => [
    key,
    SECRETS.includes(key) ? pulumi.secret(value) : value,
  ]);
  // The keys are those of the provider's arguments, and each value was checked to be of its kind.
  const args = Object.fromEntries(entries) as aws.ProviderArgs;
  const { tags = {}, ...defaults } = objectOf(configured["defaultTags"]);
  const { keys = [], ...ignored } = objectOf(configured["ignoreTags"]);
  return new aws.Provider("aws", {
    ...args,
    defaultTags: { ...defaults, tags: { ...(objectOf(tags) as Readonly<Record<string, string>>), ...ownTags } },
    ignoreTags: { ...ignored, keys: [...(Array.isArray(keys) ? keys.map(String) : []), ignoredTag] },
  });
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
