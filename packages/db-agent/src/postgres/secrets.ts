import { setTimeout as sleep } from "node:timers/promises";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { REQUEST_TIMEOUT_MS, RETRY_MAX_MS, RETRY_MIN_MS, SECRET_REFRESH_MS } from "../constants.ts";
import { withDeadline } from "../deadline.ts";
import { AgentError, messageOf } from "../errors.ts";
import { log } from "../log.ts";
import type { Settings } from "../settings.ts";
import type { ServerCertificate } from "./server-certificate.ts";

export interface DatabaseSecret {
  readonly username: string;
  readonly password: string;
  readonly dbname: string;
}

export interface Secrets {
  readonly database: DatabaseSecret;
  /** Hex. */
  readonly grantKey: string;
  readonly server: ServerCertificate;
}

/** Reads the secrets, again and again: soon while it fails, now and then afterwards so that a rotation is noticed. */
export async function followSecrets(
  settings: Settings,
  onSecrets: (secrets: Secrets) => void,
  signal: AbortSignal,
): Promise<void> {
  const client = new SecretsManagerClient({ region: settings.secretRegion, maxAttempts: 1 });
  let retry_ms = RETRY_MIN_MS;
  while (!signal.aborted) {
    let pause_ms = SECRET_REFRESH_MS;
    try {
      const [database, grantKey, server] = await Promise.all([
        readSecret(client, settings.databaseSecretId, ["username", "password", "dbname"]),
        readSecret(client, settings.grantSecretId, ["grantKey"]),
        readSecret(client, settings.serverSecretId, ["certificate", "key"]),
      ]);
      onSecrets({ database, grantKey: grantKey.grantKey, server });
      retry_ms = RETRY_MIN_MS;
    } catch (error) {
      log("warn", `secrets could not be used: ${messageOf(error)}`, { code: "secrets-unusable", retryIn_ms: retry_ms });
      pause_ms = retry_ms;
      retry_ms = Math.min(retry_ms * 2, RETRY_MAX_MS);
    }
    await sleep(pause_ms, undefined, { signal }).catch(() => undefined);
  }
  client.destroy();
}

async function readSecret<Field extends string>(
  client: SecretsManagerClient,
  id: string,
  fields: readonly Field[],
): Promise<Readonly<Record<Field, string>>> {
  const answer = await withDeadline(REQUEST_TIMEOUT_MS, `secret ${id}`, (abortSignal) =>
    client.send(new GetSecretValueCommand({ SecretId: id }), { abortSignal }),
  );
  const parsed: unknown = JSON.parse(answer.SecretString ?? "null");
  const entries = fields.map((field): [Field, string] => {
    const value: unknown = typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, field) : undefined;
    if (typeof value !== "string" || value === "") throw new AgentError(`secret ${id} has no [${field}]: add it`);
    return [field, value];
  });
  return Object.fromEntries(entries) as Record<Field, string>;
}
