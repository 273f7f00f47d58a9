import os from "node:os";
import pg from "pg";
import { LOAD_WORKERS_MAX, POOL_CONNECTIONS_MAX, POOL_CONNECTIONS_PER_CORE } from "./constants.ts";

/** Where the database's address and credentials come from. */
export type DatabaseSource =
  | { readonly kind: "url"; readonly url: string }
  | ({ readonly kind: "secret" } & SecretSource);

/** A secret in AWS Secrets Manager. */
export interface SecretSource {
  readonly secretId: string;
  readonly region: string;
  /** Assumed by STS before the secret is read, when the secret lives in another account. */
  readonly roleArn: string | undefined;
}

export interface Settings {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** What `GET /` answers: it names the instance. */
  readonly hostname: string;
  readonly logLevel: LogLevel;
  readonly database: DatabaseSource;
  readonly databaseConnections: number;
  readonly loadWorkers: number;
  readonly loadQueue: number;
  readonly shutdown_ms: number;
  /** Proxies in front of this server whose word on the client's address is taken. */
  readonly proxies: number;
  /** For each client address; undefined is no limit. */
  readonly requestsPerMinute: number | undefined;
  /** Hashes of the bearer tokens that are asked for; undefined asks for none. */
  readonly tokens: SecretSource | undefined;
  /** Where Prometheus finds metrics; undefined is nowhere. */
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
}

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

type Environment = Readonly<Record<string, string | undefined>>;

/** The operator's mistake: its message names every wrong variable, and is shown without a stack. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Reads the environment once; throws a SettingsError that names all that is wrong with it. */
export function readSettings(environment: Environment): Settings {
  const wrong: string[] = [];
  const text = (name: string) => environment[name]?.trim() || undefined;
  const whole = (name: string, fallback: number, min: number, max: number) => {
    const value = text(name);
    if (value === undefined) return fallback;
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    wrong.push(`${name} is "${value}": give a whole number from ${min} to ${max}.`);
    return fallback;
  };
  const settings = {
    host: text("HOST") ?? "0.0.0.0",
    port: whole("PORT", 8080, 0, 65_535),
    hostname: text("HOSTNAME") ?? os.hostname(),
    logLevel: logLevel(text("LOG_LEVEL") ?? "info", wrong),
    database: databaseSource(text, wrong),
    databaseConnections: whole("DATABASE_CONNECTIONS", defaultConnections(), 1, 100),
    loadWorkers: whole("LOAD_WORKERS", defaultWorkers(), 1, LOAD_WORKERS_MAX),
    loadQueue: whole("LOAD_QUEUE", 64, 0, 10_000),
    shutdown_ms: whole("SHUTDOWN_SECONDS", 15, 2, 600) * 1000,
    proxies: whole("PROXIES", 0, 0, 10),
    requestsPerMinute: whole("REQUESTS_PER_MINUTE", 0, 0, 1_000_000) || undefined,
    tokens: tokensSource(text, wrong),
    metrics:
      text("METRICS_PORT") === undefined
        ? undefined
        : { host: text("METRICS_HOST") ?? "127.0.0.1", port: whole("METRICS_PORT", 0, 0, 65_535) },
  };
  if (wrong.length > 0) throw new SettingsError(wrong.join("\n"));
  return settings;
}

/** Sized to the instance: 5 on one core. */
function defaultConnections(): number {
  return Math.min(os.availableParallelism() * POOL_CONNECTIONS_PER_CORE, POOL_CONNECTIONS_MAX);
}

/**
 * One a core: fewer leave cores idle that an instance has, and its CPU use then never gets to where an alarm adds another one
 * (one thread of two cores is 50 %).
 */
function defaultWorkers(): number {
  return Math.min(os.availableParallelism(), LOAD_WORKERS_MAX);
}

function logLevel(value: string, wrong: string[]): LogLevel {
  const known = LOG_LEVELS.find((level) => level === value);
  if (known === undefined) wrong.push(`LOG_LEVEL is "${value}": give one of ${LOG_LEVELS.join(", ")}.`);
  return known ?? "info";
}

/** The client's constructor parses the URL and reads the files it names; it does not connect. */
function tryUrl(name: string, url: string, wrong: string[]): void {
  try {
    new pg.Client(url);
  } catch (error) {
    wrong.push(`${name} cannot be used: ${error instanceof Error ? error.message : error}.`);
  }
}

function databaseSource(text: (name: string) => string | undefined, wrong: string[]): DatabaseSource {
  for (const name of ["DATABASE_URL", "DB_URI"]) {
    const url = text(name);
    if (url === undefined) continue;
    // The value holds a password, so no message repeats it.
    if (!/^postgres(ql)?:\/\//.test(url)) wrong.push(`${name} must start with postgresql:// or postgres://.`);
    else tryUrl(name, url, wrong);
    return { kind: "url", url };
  }
  const secretId = text("SECRET_ID");
  const region = text("SECRET_REGION") ?? text("AWS_REGION");
  if (secretId === undefined) {
    wrong.push("No database is named: set DATABASE_URL, or SECRET_ID with SECRET_REGION.");
  } else if (region === undefined) {
    wrong.push(`SECRET_ID is "${secretId}" but its region is unknown: set SECRET_REGION.`);
  }
  return { kind: "secret", secretId: secretId ?? "", region: region ?? "", roleArn: text("SECRET_ROLE_ARN") };
}

function tokensSource(text: (name: string) => string | undefined, wrong: string[]): SecretSource | undefined {
  const secretId = text("TOKENS_SECRET_ID");
  if (secretId === undefined) return undefined;
  const region = text("AWS_REGION");
  if (region === undefined) wrong.push(`TOKENS_SECRET_ID is "${secretId}" but its region is unknown: set AWS_REGION.`);
  return { secretId, region: region ?? "", roleArn: undefined };
}
