import { createHash } from "node:crypto";
import type { StandingSecret } from "@cloudy/twin-services/secrets-manager/secrets-manager.ts";
import type { StackConfiguration } from "./program/configuration.ts";

/** What a stack asks of somebody outside of its program, and what stands in for it in a twin. */
export interface StandIns {
  /** Keys of the configuration with the stand-in's values. */
  readonly changes: Readonly<Record<string, string>>;
  readonly secrets: readonly StandingSecret[];
  /** A bearer token that the stack's API lets in, if it asks for one. */
  readonly token: string | undefined;
  /** What was given, a line each. */
  readonly said: readonly string[];
}

/** Reserved for examples (RFC 2606): nobody reads it, whatever is sent there. */
const ADDRESS = "nobody@example.com";
const SECRET = "twin-tokens-AbCdEf";

/** Stand-ins for what this repository's program asks for and the configuration lacks. Pure. */
export function standInsOf(
  { project, stack, values }: StackConfiguration,
  { accountId, token }: { readonly accountId: string; readonly token: string },
): StandIns {
  const value = (key: string) => values[`${project}:${key}`] ?? "";
  const lacksAddress = value("alarms") === "required" && value("alarmEmail") === "" && value("alarmTopicArn") === "";
  const asksForTokens = value("tokensSecretArn") !== "";
  // The configured secret is in a real account, with tokens that nobody here knows.
  const arn = `arn:aws:secretsmanager:${values["aws:region"]}:${accountId}:secret:${SECRET}`;
  const sha256 = createHash("sha256").update(token).digest("hex");
  return {
    changes: {
      ...(lacksAddress ? { [`${project}:alarmEmail`]: ADDRESS } : {}),
      ...(asksForTokens ? { [`${project}:tokensSecretArn`]: arn } : {}),
    },
    secrets: asksForTokens ? [{ arn, text: JSON.stringify({ sha256: [sha256] }) }] : [],
    token: asksForTokens ? token : undefined,
    said: [
      ...(lacksAddress
        ? [
            `Stack ${stack} asks for an address that hears of its alarms and has none: ${ADDRESS} stands in, and nothing is sent. Another one: --config ${project}:alarmEmail=you@example.com`,
          ]
        : []),
      ...(asksForTokens
        ? [
            `Stack ${stack} asks for bearer tokens: a secret of the twin's own, with one token, stands in for the configured one`,
          ]
        : []),
    ],
  };
}
