import { setTimeout as sleep } from "node:timers/promises";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { pick, type Schema, type Static } from "@cloudy/contracts/schema.ts";
import {
  DatabaseSecretSchema,
  FailoverSecretSchema,
  parseSecret,
  type ServerSecret,
  ServerSecretSchema,
} from "@cloudy/contracts/secrets.ts";
import { REQUEST_TIMEOUT_MS, RETRY_MAX_MS, RETRY_MIN_MS, SECRET_REFRESH_MS } from "../constants.ts";
import { withDeadline } from "../deadline.ts";
import { messageOf } from "../errors.ts";
import { log } from "../log.ts";
import type { Settings } from "../settings.ts";

/** The server needs only these of what the secret has for the clients. */
const LoginSchema = pick(DatabaseSecretSchema, ["username", "password", "dbname"]);

export type Login = Static<typeof LoginSchema>;

export interface Secrets {
  readonly database: Login;
  /** Hex. */
  readonly grantKey: string;
  readonly server: ServerSecret;
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
      const [database, failover, server] = await Promise.all([
        readSecret(client, settings.databaseSecretId, LoginSchema),
        readSecret(client, settings.grantSecretId, FailoverSecretSchema),
        readSecret(client, settings.serverSecretId, ServerSecretSchema),
      ]);
      onSecrets({ database, grantKey: failover.grantKey, server });
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

async function readSecret<Value>(client: SecretsManagerClient, id: string, schema: Schema<Value>): Promise<Value> {
  const answer = await withDeadline(REQUEST_TIMEOUT_MS, `secret ${id}`, (abortSignal) =>
    client.send(new GetSecretValueCommand({ SecretId: id }), { abortSignal }),
  );
  return parseSecret(schema, answer.SecretString ?? "", `secret ${id}`);
}
