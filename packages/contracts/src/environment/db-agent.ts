import { METADATA_ENDPOINT, POSTGRES_PORT, STATUS_PORT } from "./shared-variables.ts";
import type { Shape, Variables } from "./variable.ts";

const ABSOLUTE_PATH: Shape = { pattern: /^\//, words: "an absolute path" };

/** Environment of the database agent. */
export const DB_AGENT_ENVIRONMENT = {
  AWS_REGION: { type: "text", otherwise: "SECRET_REGION says it", description: "region of the instance" },
  SHARED_DIR: {
    type: "text",
    default: "/mnt/cloudy",
    shape: ABSOLUTE_PATH,
    description: "the EFS mount: `epochs/` and `pgdata/` live in it",
  },
  STATE_DIR: {
    type: "text",
    default: "/var/lib/cloudy",
    shape: ABSOLUTE_PATH,
    description: "local: lock file, unix socket, the server's key",
  },
  POSTGRES_BIN: {
    type: "text",
    default: "/usr/bin",
    shape: ABSOLUTE_PATH,
    description: "directory of PostgreSQL's programs",
  },
  POSTGRES_PORT,
  STATUS_PORT,
  MAX_CONNECTIONS: {
    type: "whole number",
    default: 51,
    min: 10,
    max: 10_000,
    unit: "connections",
    description: "PostgreSQL's `max_connections`; this and the next six fit a machine of 512 MB by default",
  },
  SHARED_BUFFERS_MB: {
    type: "whole number",
    default: 96,
    min: 1,
    max: 1_048_576,
    unit: "MB",
    description: "PostgreSQL's `shared_buffers`",
  },
  EFFECTIVE_CACHE_SIZE_MB: {
    type: "whole number",
    default: 256,
    min: 1,
    max: 16_777_216,
    unit: "MB",
    description: "PostgreSQL's `effective_cache_size`",
  },
  WORK_MEM_MB: {
    type: "whole number",
    default: 2,
    min: 1,
    max: 1_048_576,
    unit: "MB",
    description: "PostgreSQL's `work_mem`",
  },
  MAINTENANCE_WORK_MEM_MB: {
    type: "whole number",
    default: 32,
    min: 1,
    max: 1_048_576,
    unit: "MB",
    description: "PostgreSQL's `maintenance_work_mem`",
  },
  PARALLEL_WORKERS: {
    type: "whole number",
    default: 0,
    min: 0,
    max: 8,
    unit: "workers",
    description: "what one query or one index build may have beside its own process",
  },
  AUTOVACUUM_WORKERS: {
    type: "whole number",
    default: 1,
    min: 1,
    max: 16,
    unit: "workers",
    description: "PostgreSQL's `autovacuum_max_workers`",
  },
  SECRET_ID: { type: "text", description: "secret of the database's credentials" },
  SERVER_SECRET_ID: { type: "text", description: "secret of the certificate that PostgreSQL shows" },
  GRANT_SECRET_ID: { type: "text", description: "secret of the key that signs grants and orders" },
  SECRET_REGION: { type: "text", otherwise: "AWS_REGION", description: "region of the secrets" },
  BACKUP_BUCKET: {
    type: "text",
    otherwise: "no backups and no archived WAL",
    description: "bucket of base backups and WAL",
  },
  BACKUP_HOURS: {
    type: "whole number",
    default: 24,
    min: 1,
    // A leap year.
    max: 8_784,
    unit: "hours",
    description: "time between two base backups; WAL is archived all the time",
  },
  BACKUP_RETENTION_DAYS: {
    type: "whole number",
    default: 14,
    min: 1,
    // Ten years.
    max: 3_660,
    unit: "days",
    description: "how far back the database can be restored; the newest two base backups stay however old they are",
  },
  AWS_EC2_METADATA_SERVICE_ENDPOINT: METADATA_ENDPOINT,
} as const satisfies Variables;
