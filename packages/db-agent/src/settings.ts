import { DB_AGENT_ENVIRONMENT } from "@cloudy/contracts/environment/db-agent.ts";
import { environmentReader } from "@cloudy/contracts/environment/read.ts";
import { allowedBy } from "@cloudy/contracts/environment/variable.ts";
import { SettingsError } from "./errors.ts";

export interface Settings {
  /** The EFS mount; `epochs/` and `pgdata/` live in it. */
  readonly sharedDir: string;
  /** Local: the lock file, the unix socket, pg_hba.conf. */
  readonly stateDir: string;
  readonly postgresBin: string;
  readonly postgresPort: number;
  readonly statusPort: number;
  readonly databaseSecretId: string;
  readonly grantSecretId: string;
  readonly serverSecretId: string;
  readonly secretRegion: string;
  /** What PostgreSQL may take of this machine. */
  readonly capacity: Capacity;
  readonly backup: {
    /** `undefined`: no backups and no archived WAL. */
    readonly bucket: string | undefined;
    readonly hours: number;
    readonly retentionDays: number;
  };
  /** Where IMDSv2 answers. */
  readonly metadataEndpoint: string;
}

/** Settings of PostgreSQL that follow from the machine's size. */
export interface Capacity {
  readonly maxConnections: number;
  readonly sharedBuffers_MB: number;
  readonly effectiveCacheSize_MB: number;
  readonly workMem_MB: number;
  readonly maintenanceWorkMem_MB: number;
  readonly parallelWorkers: number;
  readonly autovacuumWorkers: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment once; every wrong or missing variable is named in one SettingsError. */
export function readSettings(environment: Environment): Settings {
  const faults: string[] = [];
  const read = environmentReader(DB_AGENT_ENVIRONMENT, environment, ({ name, text, declared }) => {
    faults.push(
      text === undefined ? `[${name}] is not set` : `[${name}] must be ${allowedBy(declared)}, got "${text}"`,
    );
  });
  const region = read("SECRET_REGION") ?? read("AWS_REGION");
  if (region === undefined) faults.push("[SECRET_REGION] is not set, and neither is [AWS_REGION]");
  const settings: Settings = {
    sharedDir: read("SHARED_DIR"),
    stateDir: read("STATE_DIR"),
    postgresBin: read("POSTGRES_BIN"),
    postgresPort: read("POSTGRES_PORT"),
    statusPort: read("STATUS_PORT"),
    databaseSecretId: read("SECRET_ID"),
    grantSecretId: read("GRANT_SECRET_ID"),
    serverSecretId: read("SERVER_SECRET_ID"),
    secretRegion: region ?? "",
    capacity: {
      maxConnections: read("MAX_CONNECTIONS"),
      sharedBuffers_MB: read("SHARED_BUFFERS_MB"),
      effectiveCacheSize_MB: read("EFFECTIVE_CACHE_SIZE_MB"),
      workMem_MB: read("WORK_MEM_MB"),
      maintenanceWorkMem_MB: read("MAINTENANCE_WORK_MEM_MB"),
      parallelWorkers: read("PARALLEL_WORKERS"),
      autovacuumWorkers: read("AUTOVACUUM_WORKERS"),
    },
    backup: {
      bucket: read("BACKUP_BUCKET"),
      hours: read("BACKUP_HOURS"),
      retentionDays: read("BACKUP_RETENTION_DAYS"),
    },
    metadataEndpoint: read("AWS_EC2_METADATA_SERVICE_ENDPOINT").replace(/\/+$/, ""),
  };
  if (faults.length > 0) throw new SettingsError(`wrong environment: ${faults.join("; ")}`);
  return settings;
}
