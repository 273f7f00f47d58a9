import { isAbsolute } from "node:path";
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
  readonly backup: {
    /** `undefined`: no backups and no archived WAL. */
    readonly bucket: string | undefined;
    readonly hours: number;
    readonly retentionDays: number;
  };
  /** Where IMDSv2 answers. */
  readonly metadataEndpoint: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment once; every wrong or missing variable is named in one SettingsError. */
export function readSettings(environment: Environment): Settings {
  const faults: string[] = [];
  const text = (name: string, fallback?: string): string => {
    const value = environment[name] ?? "";
    if (value !== "") return value;
    if (fallback === undefined) faults.push(`[${name}] is not set`);
    return fallback ?? "";
  };
  const directory = (name: string, fallback: string): string => {
    const value = text(name, fallback);
    if (!isAbsolute(value)) faults.push(`[${name}] must be an absolute path, got "${value}"`);
    return value;
  };
  const port = (name: string, fallback: number): number => {
    const value = Number(text(name, String(fallback)));
    if (!Number.isInteger(value) || value < 1 || value > 65_535) {
      faults.push(`[${name}] must be a port between 1 and 65535, got "${environment[name]}"`);
    }
    return value;
  };
  const whole = (name: string, fallback: number, max: number): number => {
    const value = Number(text(name, String(fallback)));
    if (!Number.isInteger(value) || value < 1 || value > max) {
      faults.push(`[${name}] must be a whole number between 1 and ${max}, got "${environment[name]}"`);
    }
    return value;
  };
  const region = environment.SECRET_REGION || environment.AWS_REGION || "";
  if (region === "") faults.push("[SECRET_REGION] is not set, and neither is [AWS_REGION]");
  const settings: Settings = {
    sharedDir: directory("SHARED_DIR", "/mnt/cloudy"),
    stateDir: directory("STATE_DIR", "/var/lib/cloudy"),
    postgresBin: directory("POSTGRES_BIN", "/usr/bin"),
    postgresPort: port("POSTGRES_PORT", 5432),
    statusPort: port("STATUS_PORT", 8010),
    databaseSecretId: text("SECRET_ID"),
    grantSecretId: text("GRANT_SECRET_ID"),
    serverSecretId: text("SERVER_SECRET_ID"),
    secretRegion: region,
    backup: {
      bucket: environment["BACKUP_BUCKET"] || undefined,
      hours: whole("BACKUP_HOURS", 24, 8_784),
      retentionDays: whole("BACKUP_RETENTION_DAYS", 14, 3_660),
    },
    metadataEndpoint: text("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254").replace(/\/+$/, ""),
  };
  if (faults.length > 0) throw new SettingsError(`wrong environment: ${faults.join("; ")}`);
  return settings;
}
