import { FAILOVER_ENVIRONMENT } from "@cloudy/contracts/environment/failover.ts";
import { PROBE_ENVIRONMENT } from "@cloudy/contracts/environment/probe.ts";
import { environmentReader, type Fault, type Reader } from "@cloudy/contracts/environment/read.ts";
import { allowedBy, type Variables } from "@cloudy/contracts/environment/variable.ts";
import { stackTags } from "@cloudy/contracts/stack-tags.ts";
import { PROBE_INVOCATION_MS } from "./constants.ts";
import { SettingsError } from "./errors.ts";

export interface FailoverSettings {
  readonly virtualIpCidr: string;
  /** This stack as `<project>/<stack>`, the dimension of its metrics. */
  readonly stack: string;
  /** Instances and route tables with all of these tags belong to the cluster; any other is somebody else's. */
  readonly ownTags: Readonly<Record<string, string>>;
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
  return readAll(FAILOVER_ENVIRONMENT, environment, (read) => ({
    virtualIpCidr: read("VIRTUAL_IP_CIDR"),
    ...ownership(read("STACK"), read("DATABASE_TAG")),
    databaseGroup: read("DATABASE_GROUP"),
    probeFunction: read("PROBE_FUNCTION"),
    probe_ms: PROBE_INVOCATION_MS,
    round_ms: read("ROUND_SECONDS") * 1_000,
    grantSecretId: read("GRANT_SECRET_ID"),
    metricsNamespace: read("METRICS_NAMESPACE"),
  }));
}

function ownership(stack: string, databaseTag: string): Pick<FailoverSettings, "stack" | "ownTags"> {
  return { stack, ownTags: { [databaseTag]: "true", ...stackTags(stack) } };
}

export function readProbeSettings(environment: Environment): ProbeSettings {
  return readAll(PROBE_ENVIRONMENT, environment, (read) => ({
    postgresPort: read("POSTGRES_PORT"),
    statusPort: read("STATUS_PORT"),
    timeout_ms: read("PROBE_TIMEOUT_SECONDS") * 1_000,
  }));
}

/** Every wrong or missing variable is named in one SettingsError. */
function readAll<D extends Variables, S>(declared: D, environment: Environment, settingsOf: (read: Reader<D>) => S): S {
  const faults: string[] = [];
  const settings = settingsOf(environmentReader(declared, environment, (fault) => faults.push(sentenceOf(fault))));
  if (faults.length > 0) throw new SettingsError(`wrong environment: ${faults.join("; ")}`);
  return settings;
}

function sentenceOf({ name, text, declared }: Fault): string {
  if (text === undefined) return `[${name}] is not set`;
  const isPositive = Number(text) > 0;
  const allowed = declared.type === "positive number" && !isPositive ? "a positive number" : allowedBy(declared);
  return `[${name}] must be ${allowed}, got "${text}"`;
}
