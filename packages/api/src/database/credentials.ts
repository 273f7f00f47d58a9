import { type DatabaseSecret, DatabaseSecretSchema, parseSecret } from "@cloudy/contracts/secrets.ts";
import type { ClientConfig } from "pg";
import { SECRET_REFRESH_INTERVAL_MS } from "../constants.ts";
import { fetchSecretText } from "../secret.ts";
import { type DatabaseSource, isCertificate, type KnownAddress } from "../settings.ts";

/** Address and login of the database, kept in memory and fetched anew when the database refuses them. */
export interface Credentials {
  /** Undefined until they were fetched for the first time. */
  current(): ClientConfig | undefined;
  /** Fetches them unless `refused` has been replaced already; true when there are others than `refused` now. */
  refresh(refused: ClientConfig | undefined): Promise<boolean>;
}

export function credentialsFrom(source: DatabaseSource): Credentials {
  if (source.kind === "secret") return new SecretCredentials(() => fetchSecretText(source), source.known);
  const config: ClientConfig = { connectionString: source.url };
  return { current: () => config, refresh: async () => false };
}

class SecretCredentials implements Credentials {
  readonly #fetch: () => Promise<string>;
  readonly #known: KnownAddress;
  #text: string | undefined;
  #config: ClientConfig | undefined;
  #fetching: Promise<void> | undefined;
  #fetched_ms = 0;

  constructor(fetch: () => Promise<string>, known: KnownAddress) {
    this.#fetch = fetch;
    this.#known = known;
  }

  current(): ClientConfig | undefined {
    return this.#config;
  }

  async refresh(refused: ClientConfig | undefined): Promise<boolean> {
    // Calls at the same time share one fetch.
    if (this.#config === refused && this.#mayFetch()) {
      this.#fetching ??= this.#fetchOnce().finally(() => {
        this.#fetching = undefined;
      });
      await this.#fetching;
    }
    return this.#config !== refused;
  }

  /** Refused again right after a fetch is not a rotation but a wrong secret: do not hammer the service. */
  #mayFetch(): boolean {
    const isFirst = this.#config === undefined;
    return isFirst || this.#fetching !== undefined || performance.now() - this.#fetched_ms > SECRET_REFRESH_INTERVAL_MS;
  }

  async #fetchOnce(): Promise<void> {
    this.#fetched_ms = performance.now();
    const text = await this.#fetch();
    if (text === this.#text) return;
    this.#config = clientConfig(parseDatabaseSecret(text), this.#known);
    this.#text = text;
  }
}

/** Throws an error that names the fields that are wrong, never their values. */
export function parseDatabaseSecret(text: string): DatabaseSecret {
  const secret = parseSecret(DatabaseSecretSchema, text, "The database secret");
  if (secret.ca !== undefined && !isCertificate(secret.ca)) {
    throw new Error("The database secret's ca is no PEM certificate: write a new version of it.");
  }
  return secret;
}

function clientConfig(secret: DatabaseSecret, known: KnownAddress): ClientConfig {
  const ca = known.ca ?? secret.ca;
  return {
    user: secret.username,
    password: secret.password,
    host: known.host ?? secret.host,
    port: known.port ?? secret.port,
    database: secret.dbname,
    // The certificate must name the host, which may be an IP address.
    ...(ca === undefined ? {} : { ssl: { ca, rejectUnauthorized: true } }),
  };
}
