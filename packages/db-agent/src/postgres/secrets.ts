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
import { monotonic_ms } from "../monotonic.ts";
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
export class SecretsFollower {
  readonly #settings: Settings;
  readonly #onSecrets: (secrets: Secrets, asked_at_ms: number) => void;
  #pause = new AbortController();
  /** Somebody wants them as they are now, which a read under way may not show. */
  #isWanted = false;

  /** `onSecrets` is told when (by the agent's monotonic clock) they were asked for; what it throws is logged, and the read repeated. */
  constructor(settings: Settings, onSecrets: (secrets: Secrets, asked_at_ms: number) => void) {
    this.#settings = settings;
    this.#onSecrets = onSecrets;
  }

  /** Reads them anew, at once. */
  refresh(): void {
    this.#isWanted = true;
    this.#pause.abort();
  }

  async run(signal: AbortSignal): Promise<void> {
    const client = new SecretsManagerClient({ region: this.#settings.secretRegion, maxAttempts: 1 });
    let retry_ms = RETRY_MIN_MS;
    while (!signal.aborted) {
      this.#isWanted = false;
      this.#pause = new AbortController();
      let pause_ms = SECRET_REFRESH_MS;
      try {
        const asked_at_ms = monotonic_ms();
        this.#onSecrets(await this.#read(client), asked_at_ms);
        retry_ms = RETRY_MIN_MS;
      } catch (error) {
        const because = messageOf(error);
        log("warn", `secrets could not be used: ${because}`, { code: "secrets-unusable", retryIn_ms: retry_ms });
        pause_ms = retry_ms;
        retry_ms = Math.min(retry_ms * 2, RETRY_MAX_MS);
      }
      if (this.#isWanted) continue;
      const wake = AbortSignal.any([signal, this.#pause.signal]);
      await sleep(pause_ms, undefined, { signal: wake }).catch(() => undefined);
    }
    client.destroy();
  }

  async #read(client: SecretsManagerClient): Promise<Secrets> {
    const { databaseSecretId, grantSecretId, serverSecretId } = this.#settings;
    const [database, failover, server] = await Promise.all([
      readSecret(client, databaseSecretId, LoginSchema),
      readSecret(client, grantSecretId, FailoverSecretSchema),
      readSecret(client, serverSecretId, ServerSecretSchema),
    ]);
    return { database, grantKey: failover.grantKey, server };
  }
}

async function readSecret<Value>(client: SecretsManagerClient, id: string, schema: Schema<Value>): Promise<Value> {
  const answer = await withDeadline(REQUEST_TIMEOUT_MS, `secret ${id}`, (abortSignal) =>
    client.send(new GetSecretValueCommand({ SecretId: id }), { abortSignal }),
  );
  return parseSecret(schema, answer.SecretString ?? "", `secret ${id}`);
}
