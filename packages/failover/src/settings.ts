import {
  POSTGRES_PORT_DEFAULT,
  PROBE_INVOCATION_MS,
  PROBE_TIMEOUT_SECONDS_DEFAULT,
  ROUND_SECONDS_DEFAULT,
  STATUS_PORT_DEFAULT,
} from "./constants.ts";
import { SettingsError } from "./errors.ts";

export interface FailoverSettings {
  readonly virtualIpCidr: string;
  /** Instances and route tables tagged `<databaseTag>=true` belong to the cluster. */
  readonly databaseTag: string;
  /** Auto-scaling events of other groups are none of our business. */
  readonly databaseGroup: string;
  readonly probeFunction: string;
  readonly round_ms: number;
  /** Limit of one invocation of the probe function. */
  readonly probe_ms: number;
  readonly grantSecretId: string;
  readonly metricsNamespace: string;
}

export interface ProbeSettings {
  readonly postgresPort: number;
  readonly statusPort: number;
  readonly timeout_ms: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function readFailoverSettings(environment: Environment): FailoverSettings {
  const reader = read(environment);
  const settings: FailoverSettings = {
    virtualIpCidr: reader.text("VIRTUAL_IP_CIDR", "10.10.10.10/32"),
    databaseTag: reader.text("DATABASE_TAG", "database"),
    databaseGroup: reader.text("DATABASE_GROUP"),
    probeFunction: reader.text("PROBE_FUNCTION"),
    probe_ms: PROBE_INVOCATION_MS,
    round_ms: reader.number("ROUND_SECONDS", ROUND_SECONDS_DEFAULT) * 1_000,
    grantSecretId: reader.text("GRANT_SECRET_ID"),
    metricsNamespace: reader.text("METRICS_NAMESPACE", "Cloudy/Database"),
  };
  reader.finish();
  return settings;
}

export function readProbeSettings(environment: Environment): ProbeSettings {
  const reader = read(environment);
  const settings: ProbeSettings = {
    postgresPort: reader.number("POSTGRES_PORT", POSTGRES_PORT_DEFAULT),
    statusPort: reader.number("STATUS_PORT", STATUS_PORT_DEFAULT),
    timeout_ms: reader.number("PROBE_TIMEOUT_SECONDS", PROBE_TIMEOUT_SECONDS_DEFAULT) * 1_000,
  };
  reader.finish();
  return settings;
}

function read(environment: Environment) {
  const faults: string[] = [];
  const text = (name: string, fallback?: string): string => {
    const value = environment[name] || fallback;
    if (value === undefined) faults.push(`[${name}] is not set`);
    return value ?? "";
  };
  const number = (name: string, fallback: number): number => {
    const value = Number(text(name, String(fallback)));
    if (!(value > 0)) faults.push(`[${name}] must be a positive number, got "${environment[name]}"`);
    return value;
  };
  const finish = () => {
    if (faults.length > 0) throw new SettingsError(`wrong environment: ${faults.join("; ")}`);
  };
  return { text, number, finish };
}
