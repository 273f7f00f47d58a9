import { RunError } from "@pulumi/pulumi";
import { type ReadConfig, wrongSetting } from "./config-reader.ts";

type Kind = "text" | "whole number" | "boolean" | "list of texts" | "list of objects" | "object";

/**
 * Every key that the AWS provider knows in a stack's configuration, with what it takes; those of `aws.config` in @pulumi/aws.
 * Pulumi hands them to its own default provider only, so the program hands them to the one that it makes.
 */
export const PROVIDER_KEYS: Readonly<Record<string, Kind>> = {
  accessKey: "text",
  allowedAccountIds: "list of texts",
  assumeRoleWithWebIdentity: "object",
  assumeRoles: "list of objects",
  customCaBundle: "text",
  defaultTags: "object",
  ec2MetadataServiceEndpoint: "text",
  ec2MetadataServiceEndpointMode: "text",
  endpoints: "list of objects",
  forbiddenAccountIds: "list of texts",
  httpProxy: "text",
  httpsProxy: "text",
  ignoreTags: "object",
  insecure: "boolean",
  maxRetries: "whole number",
  noProxy: "text",
  profile: "text",
  region: "text",
  retryMode: "text",
  s3UsEast1RegionalEndpoint: "text",
  s3UsePathStyle: "boolean",
  secretKey: "text",
  sharedConfigFiles: "list of texts",
  sharedCredentialsFiles: "list of texts",
  skipCredentialsValidation: "boolean",
  skipMetadataApiCheck: "boolean",
  skipRegionValidation: "boolean",
  skipRequestingAccountId: "boolean",
  stsRegion: "text",
  tagPolicyCompliance: "text",
  token: "text",
  tokenBucketRateLimiterCapacity: "whole number",
  useDualstackEndpoint: "boolean",
  useFipsEndpoint: "boolean",
  userAgents: "list of texts",
};

/** The provider's arguments as the stack configures them. Throws for a key that the provider does not know, and for a wrong kind. */
export function parseProvider(read: ReadConfig, given: readonly string[]): Readonly<Record<string, unknown>> {
  const unknown = given.find((key) => !(key in PROVIDER_KEYS));
  if (unknown !== undefined) throw new RunError(`[aws:${unknown}] is no key of the AWS provider${hint(unknown)}.`);
  const entries = given.map((key): [string, unknown] => {
    const [kind, text] = [PROVIDER_KEYS[key] ?? "text", read(key) ?? ""];
    const value = typedValue(kind, text);
    if (value === undefined) throw wrongSetting(`aws:${key}`, text, howToSet(key, kind));
    return [key, value];
  });
  return Object.fromEntries(entries);
}

function typedValue(kind: Kind, text: string): unknown {
  if (kind === "text") return text;
  const value = parseJson(text);
  switch (kind) {
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "whole number":
      return Number.isSafeInteger(value) ? value : undefined;
    case "object":
      return isObject(value) ? value : undefined;
    case "list of texts":
      // With --path Pulumi keeps an account id as a number.
      return Array.isArray(value) && !value.some(isObject) ? value.map(String) : undefined;
    case "list of objects":
      return Array.isArray(value) && value.every(isObject) ? value : undefined;
  }
}

function howToSet(key: string, kind: Kind): string {
  switch (kind) {
    case "list of texts":
      return `a list: pulumi config set --path 'aws:${key}[0]' VALUE`;
    case "list of objects":
      return `a list of objects: pulumi config set --path 'aws:${key}[0].NAME' VALUE`;
    case "object":
      return `an object: pulumi config set --path 'aws:${key}.NAME' VALUE`;
    default:
      return kind === "boolean" ? "true or false" : `a ${kind}`;
  }
}

function hint(key: string): string {
  const byLength = Object.keys(PROVIDER_KEYS).sort((a, b) => a.length - b.length);
  const meant = byLength.find((known) => known.startsWith(key) || key.startsWith(known));
  return meant === undefined ? "" : `; [aws:${meant}] is one`;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
