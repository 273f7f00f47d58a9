import type { Variables } from "./variable.ts";

/**
 * More connections than this for each core only make the database switch between them; a few more than cores keep it busy
 * while others wait for their commit. With one alone a slow statement would stop all others of its process.
 */
export const POOL_CONNECTIONS = { perCore: 5, max: 20, perProcessMin: 2 } as const;

/** Environment of the API. */
export const API_ENVIRONMENT = {
  AWS_REGION: { type: "text", otherwise: "SECRET_REGION says it", description: "region of the secrets" },
  HOST: { type: "text", default: "0.0.0.0", description: "address to listen on" },
  PORT: {
    type: "whole number",
    default: 8080,
    min: 0,
    max: 65_535,
    description: "port to listen on; 0 takes any that is free",
  },
  HOSTNAME: { type: "text", otherwise: "the host's own name", description: "what `GET /` answers" },
  LOG_LEVEL: {
    type: "choice",
    default: "info",
    choices: ["fatal", "error", "warn", "info", "debug", "trace", "silent"],
    description: "JSON lines; never credentials, emails or query strings",
  },
  DATABASE_URL: {
    type: "text",
    otherwise: "the secret says it",
    description: "as libpq has it, `sslmode` and `sslrootcert` included; overrides the secret",
  },
  DB_URI: { type: "text", otherwise: "DATABASE_URL", description: "another name of DATABASE_URL" },
  SECRET_ID: {
    type: "text",
    otherwise: "DATABASE_URL must be set",
    description: "the secret `{username,password,host,port,dbname,ca}`; `ca` (PEM) demands TLS with `host` verified",
  },
  SECRET_REGION: { type: "text", otherwise: "AWS_REGION", description: "its region" },
  SECRET_ROLE_ARN: {
    type: "text",
    otherwise: "no role",
    description: "role that is assumed by STS first, where the secret is another account's",
  },
  DATABASE_HOST: {
    type: "text",
    otherwise: "the secret says it",
    description: "address of the database; goes before the secret's, which is that of the stack's birth",
  },
  DATABASE_PORT: {
    type: "whole number",
    otherwise: "the secret says it",
    min: 1,
    max: 65_535,
    unit: "port",
    description: "its port",
  },
  DATABASE_CA_FILE: {
    type: "text",
    otherwise: "the secret's `ca`, if it has one",
    description: "PEM file of the authority whose certificate for the address the server must show, by TLS",
  },
  PROCESSES: {
    type: "whole number",
    default: 0,
    min: 0,
    // As LOAD_WORKERS: more than cores gain nothing, and each takes some 100 MB.
    max: 64,
    unit: "processes",
    description: `processes that answer; 0 is one a core, where DATABASE_CONNECTIONS has ${POOL_CONNECTIONS.perProcessMin} for each`,
  },
  DATABASE_CONNECTIONS: {
    type: "whole number",
    otherwise: `${POOL_CONNECTIONS.perCore} a core, at most ${POOL_CONNECTIONS.max}`,
    min: 1,
    max: 100,
    unit: "connections",
    description: "to the database, of all processes together",
  },
  DATABASE_POOLER: {
    type: "choice",
    default: "none",
    choices: ["none", "transaction"],
    description:
      "`transaction` where a pooler (PgBouncer, RDS Proxy) stands before the database: nothing then outlasts a transaction",
  },
  LOAD_WORKERS: {
    type: "whole number",
    otherwise: "one a core",
    min: 1,
    // More threads than cores gain nothing, and each takes some MB.
    max: 64,
    unit: "threads",
    description: "threads of /load",
  },
  LOAD_QUEUE: {
    type: "whole number",
    default: 64,
    min: 0,
    max: 10_000,
    unit: "calculations",
    description: "calculations of /load that may wait for a thread",
  },
  SHUTDOWN_SECONDS: {
    type: "whole number",
    // Within the deregistration delay of 20 s, in which the load balancer sends nothing new.
    default: 15,
    // The API keeps 1.5 s of it for its last answers.
    min: 2,
    // An instance that takes more than a few minutes to shut down is late in EC2's eyes, which promises it no time at all. No
    // request needs longer: the load balancer ends one that is silent for 60 s.
    max: 300,
    unit: "seconds",
    description: "time for requests under way after SIGTERM, then 503; shorter than the deregistration delay",
  },
  PROXIES: {
    type: "whole number",
    default: 0,
    min: 0,
    max: 10,
    unit: "hops",
    description: "how many last hops of `X-Forwarded-For` are ours",
  },
  METRICS_PORT: {
    type: "whole number",
    otherwise: "no metrics",
    min: 0,
    max: 65_535,
    description: "port of the Prometheus text at `/metrics`",
  },
  METRICS_HOST: { type: "text", default: "127.0.0.1", description: "address that this port is opened on" },
  REQUESTS_PER_MINUTE: {
    type: "whole number",
    default: 0,
    min: 0,
    max: 1_000_000,
    unit: "requests",
    description:
      "what one client address may ask of one instance in a minute, health routes and `/docs` aside; 0 is no limit",
  },
  TOKENS_SECRET_ID: {
    type: "text",
    otherwise: "nobody is asked",
    description:
      "secret in AWS_REGION with hashes of bearer tokens, one of which is asked for except at health routes and `/docs`",
  },
} as const satisfies Variables;
