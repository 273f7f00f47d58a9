import { readFileSync } from "node:fs";
import os from "node:os";
import { API_ENVIRONMENT, POOL_CONNECTIONS } from "@cloudy/contracts/environment/api.ts";
import { environmentReader, type Reader } from "@cloudy/contracts/environment/read.ts";
import { allowedBy, type ValueOf } from "@cloudy/contracts/environment/variable.ts";
import pg from "pg";

/** Where the database's address and credentials come from. */
export type DatabaseSource =
  | { readonly kind: "url"; readonly url: string }
  | ({ readonly kind: "secret"; readonly known: KnownAddress } & SecretSource);

/** What is known without the secret, and goes before its fields: they are those of the stack's birth. */
export interface KnownAddress {
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** PEM. */
  readonly ca: string | undefined;
}

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
  readonly logLevel: ValueOf<typeof API_ENVIRONMENT.LOG_LEVEL>;
  readonly database: DatabaseSource;
  /** Processes that answer requests; with one there is no other process. */
  readonly processes: number;
  /** Of all processes together, as are the next two. */
  readonly databaseConnections: number;
  /** What stands before the database. */
  readonly databasePooler: ValueOf<typeof API_ENVIRONMENT.DATABASE_POOLER>;
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

type Environment = Readonly<Record<string, string | undefined>>;
type Read = Reader<typeof API_ENVIRONMENT>;

/** The operator's mistake: its message names every wrong variable, and is shown without a stack. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Reads the environment once; throws a SettingsError that names all that is wrong with it. */
export function readSettings(environment: Environment): Settings {
  const wrong: string[] = [];
  const read = environmentReader(API_ENVIRONMENT, environment, ({ name, text, declared }) => {
    wrong.push(`${name} is "${text}": give ${allowedBy(declared)}.`);
  });
  const databaseConnections = read("DATABASE_CONNECTIONS") ?? defaultConnections();
  const settings = {
    host: read("HOST"),
    port: read("PORT"),
    hostname: read("HOSTNAME") ?? os.hostname(),
    logLevel: read("LOG_LEVEL"),
    database: databaseSource(read, wrong),
    processes: processesFor(read, databaseConnections, wrong),
    databaseConnections,
    databasePooler: read("DATABASE_POOLER"),
    loadWorkers: read("LOAD_WORKERS") ?? defaultWorkers(),
    loadQueue: read("LOAD_QUEUE"),
    shutdown_ms: read("SHUTDOWN_SECONDS") * 1000,
    proxies: read("PROXIES"),
    requestsPerMinute: read("REQUESTS_PER_MINUTE") || undefined,
    tokens: tokensSource(read, wrong),
    metrics: metricsAddress(read),
  };
  if (wrong.length > 0) throw new SettingsError(wrong.join("\n"));
  return settings;
}

/** One a core, as many as the connections are enough for; a number that is asked for is taken or refused. */
function processesFor(read: Read, connections: number, wrong: string[]): number {
  const asked = read("PROCESSES");
  if (asked > connections) {
    wrong.push(
      `PROCESSES is "${asked}" and DATABASE_CONNECTIONS is "${connections}": each process needs one of its own; lower the one or raise the other.`,
    );
  }
  if (asked > 0) return asked;
  const enough = Math.max(1, Math.floor(connections / POOL_CONNECTIONS.perProcessMin));
  return Math.min(os.availableParallelism(), enough, API_ENVIRONMENT.PROCESSES.max);
}

/** Sized to the instance: 5 on one core. */
function defaultConnections(): number {
  return Math.min(os.availableParallelism() * POOL_CONNECTIONS.perCore, POOL_CONNECTIONS.max);
}

/**
 * One a core: fewer leave cores idle that an instance has, and its CPU use then never gets to where an alarm adds another one
 * (one thread of two cores is 50 %).
 */
function defaultWorkers(): number {
  return Math.min(os.availableParallelism(), API_ENVIRONMENT.LOAD_WORKERS.max);
}

/** The client's constructor parses the URL and reads the files it names; it does not connect. */
function tryUrl(name: string, url: string, wrong: string[]): void {
  try {
    new pg.Client(url);
  } catch (error) {
    wrong.push(`${name} cannot be used: ${error instanceof Error ? error.message : error}.`);
  }
}

function databaseSource(read: Read, wrong: string[]): DatabaseSource {
  for (const name of ["DATABASE_URL", "DB_URI"] as const) {
    const url = read(name);
    if (url === undefined) continue;
    // The value holds a password, so no message repeats it.
    if (!/^postgres(ql)?:\/\//.test(url)) wrong.push(`${name} must start with postgresql:// or postgres://.`);
    else tryUrl(name, url, wrong);
    return { kind: "url", url };
  }
  const secretId = read("SECRET_ID");
  const region = read("SECRET_REGION") ?? read("AWS_REGION");
  if (secretId === undefined) {
    wrong.push("No database is named: set DATABASE_URL, or SECRET_ID with SECRET_REGION.");
  } else if (region === undefined) {
    wrong.push(`SECRET_ID is "${secretId}" but its region is unknown: set SECRET_REGION.`);
  }
  return {
    kind: "secret",
    secretId: secretId ?? "",
    region: region ?? "",
    roleArn: read("SECRET_ROLE_ARN"),
    known: { host: read("DATABASE_HOST"), port: read("DATABASE_PORT"), ca: authority(read, wrong) },
  };
}

function authority(read: Read, wrong: string[]): string | undefined {
  const path = read("DATABASE_CA_FILE");
  if (path === undefined) return undefined;
  try {
    const pem = readFileSync(path, "utf8");
    if (isCertificate(pem)) return pem;
    wrong.push(`DATABASE_CA_FILE is "${path}", which is no PEM certificate.`);
  } catch (error) {
    wrong.push(`DATABASE_CA_FILE cannot be read: ${error instanceof Error ? error.message : error}.`);
  }
  return undefined;
}

export function isCertificate(pem: string): boolean {
  return pem.includes("-----BEGIN CERTIFICATE-----");
}

function tokensSource(read: Read, wrong: string[]): SecretSource | undefined {
  const secretId = read("TOKENS_SECRET_ID");
  if (secretId === undefined) return undefined;
  const region = read("AWS_REGION");
  if (region === undefined) wrong.push(`TOKENS_SECRET_ID is "${secretId}" but its region is unknown: set AWS_REGION.`);
  return { secretId, region: region ?? "", roleArn: undefined };
}

function metricsAddress(read: Read): Settings["metrics"] {
  const port = read("METRICS_PORT");
  return port === undefined ? undefined : { host: read("METRICS_HOST"), port };
}
