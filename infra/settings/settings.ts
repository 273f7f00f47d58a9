import { type CidrRange, contains, overlaps, parseCidr } from "./cidr.ts";
import { ConfigReader, type ReadConfig, wrongSetting } from "./config-reader.ts";

export interface SubnetPlan {
  readonly zone: string;
  readonly cidr: string;
}

export interface NetworkSettings {
  readonly vpcCidr: string;
  readonly publicSubnets: readonly SubnetPlan[];
  readonly privateSubnets: readonly SubnetPlan[];
  readonly nat: "instance" | "gateway" | "none";
  readonly natInstanceType: string;
}

export interface WebSettings {
  readonly instanceType: string;
  readonly min: number;
  readonly max: number;
  readonly scaling: "simple" | "target-tracking";
  readonly cpuHighPercent: number;
  readonly cpuLowPercent: number;
  readonly cpuTargetPercent: number;
  readonly alarmPeriodSeconds: number;
  readonly alarmPeriods: number;
  readonly cooldownSeconds: number;
  readonly healthCheck: HealthCheckSettings;
  readonly deregistrationDelaySeconds: number;
  readonly certificateArn: string | undefined;
  readonly domain: string | undefined;
  /** 0 is one a core of the instance. */
  readonly loadWorkers: number;
  readonly loadQueue: number;
  readonly shutdownSeconds: number;
  /** Of each client at each instance; 0 is no limit. */
  readonly requestsPerMinute: number;
  /** Secret with the hashes of the bearer tokens that are asked for. */
  readonly tokensSecretArn: string | undefined;
}

interface HealthCheckSettings {
  readonly path: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  readonly matcher: string;
  readonly graceSeconds: number;
}

export interface DatabaseSettings {
  readonly instanceType: string;
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  readonly name: string;
  readonly user: string;
  readonly postgresMajor: string;
  /** Time between two base backups. */
  readonly backupHours: number;
  readonly backupRetentionDays: number;
}

export interface FailoverSettings {
  readonly roundSeconds: number;
  readonly probeTimeoutSeconds: number;
  readonly logRetentionDays: number;
  /** Topic that hears of an unavailable database. */
  readonly alarmTopicArn: string | undefined;
}

export interface SecretSettings {
  /** Role in another account that the web tier assumes to read the database's secret there. */
  readonly accountRoleArn: string | undefined;
  readonly region: string | undefined;
  readonly recoveryDays: number;
}

export interface Settings {
  /** Prefix of the few names that people and other programs look for: CloudyLB, CloudyDB, CloudyFailover. */
  readonly name: string;
  readonly region: string;
  readonly virtualIp: string;
  readonly network: NetworkSettings;
  readonly web: WebSettings;
  readonly database: DatabaseSettings;
  readonly failover: FailoverSettings;
  readonly secret: SecretSettings;
}

const INSTANCE_TYPE = /^[a-z][a-z0-9-]*\.[a-z0-9]+$/;
/** What AWS takes for a VPC and for a subnet. */
const NETWORK_BITS = { min: 16, max: 28 };
const CIDR_RULE = `an IPv4 CIDR of /${NETWORK_BITS.min} to /${NETWORK_BITS.max} whose host bits are zero`;
/** Addresses that no host in a VPC can be reached by: this host, loopback, link-local (AWS's metadata), multicast and above. */
const RESERVED_CIDRS = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"];
const CIDR = /^\d+\.\d+\.\d+\.\d+\/\d+$/;
const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/;
const SECRET_ARN = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+$/;
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;
/** CloudWatch Logs accepts these retentions only. */
const LOG_RETENTION_DAYS = ["1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365"] as const;

/**
 * The stack's settings, checked once. The first wrong value throws an error that names its key, the value and what is allowed.
 * @param read config of this project, @param region the provider's region (`aws:region`)
 * @param given names of all keys that the stack sets for this project; one that no setting has is refused
 */
export function parseSettings(read: ReadConfig, region: string | undefined, given: readonly string[] = []): Settings {
  const config = new ConfigReader(read);
  if (region === undefined || !REGION.test(region)) {
    throw wrongSetting("aws:region", region ?? "", "an AWS region such as eu-west-1");
  }
  const network = parseNetwork(config, region);
  const settings = {
    name: config.text("name", "Cloudy", /^[A-Za-z][A-Za-z0-9]{0,19}$/, "1 to 20 letters and digits"),
    region,
    virtualIp: parseVirtualIp(config, network.vpcCidr),
    network,
    web: parseWeb(config),
    database: parseDatabase(config),
    failover: parseFailover(config),
    secret: parseSecret(config),
  };
  config.refuseUnknown(given);
  return settings;
}

function parseNetwork(config: ConfigReader, region: string): NetworkSettings {
  const vpcCidr = config.text("vpcCidr", "10.0.0.0/16", CIDR, "an IPv4 CIDR such as 10.0.0.0/16");
  const zones = config.list("zones", ["a", "b"], /^[a-z]$/, 'zone letters such as ["a","b"]');
  const publicCidrs = config.list("publicCidrs", ["10.0.0.0/24", "10.0.2.0/24"], CIDR, "IPv4 CIDRs, one a zone");
  const privateCidrs = config.list("privateCidrs", ["10.0.1.0/24", "10.0.3.0/24"], CIDR, "IPv4 CIDRs, one a zone");
  checkSubnets(vpcCidr, zones, { publicCidrs, privateCidrs });
  const plan = (cidrs: readonly string[]): readonly SubnetPlan[] =>
    cidrs.map((cidr, index) => ({ zone: `${region}${zones[index]}`, cidr }));
  return {
    vpcCidr,
    publicSubnets: plan(publicCidrs),
    privateSubnets: plan(privateCidrs),
    nat: config.choice("nat", "instance", ["instance", "gateway", "none"]),
    natInstanceType: config.text("natInstanceType", "t2.nano", INSTANCE_TYPE, "an instance type such as t3.nano"),
  };
}

function checkSubnets(
  vpcCidr: string,
  zones: readonly string[],
  keys: Readonly<Record<string, readonly string[]>>,
): void {
  const vpc = parseNetworkCidr("vpcCidr", vpcCidr);
  if (zones.length < 2 || new Set(zones).size !== zones.length) {
    throw wrongSetting("zones", zones, "at least two different zones: a load balancer needs two");
  }
  const taken: { cidr: string; first: number; last: number }[] = [];
  for (const [key, cidrs] of Object.entries(keys)) {
    if (cidrs.length !== zones.length)
      throw wrongSetting(key, cidrs, `${zones.length} CIDRs, one for each of [cloudy:zones]`);
    for (const cidr of cidrs) {
      const range = parseNetworkCidr(key, cidr);
      if (!contains(vpc, range)) throw wrongSetting(key, cidr, `inside [cloudy:vpcCidr] ${vpcCidr}`);
      const other = taken.find((candidate) => overlaps(candidate, range));
      if (other !== undefined) throw wrongSetting(key, cidr, `apart from the other subnets; it overlaps ${other.cidr}`);
      taken.push({ cidr, ...range });
    }
  }
}

function parseNetworkCidr(key: string, cidr: string): CidrRange {
  const range = parseCidr(cidr);
  const bits = Number(cidr.split("/")[1]);
  if (range === undefined || bits < NETWORK_BITS.min || bits > NETWORK_BITS.max) {
    throw wrongSetting(key, cidr, CIDR_RULE);
  }
  return range;
}

/** A route more specific than the VPC's own range must cover a whole subnet, so the virtual IP lies outside of it. */
function parseVirtualIp(config: ConfigReader, vpcCidr: string): string {
  const virtualIp = config.text("virtualIp", "10.10.10.10", /^\d+\.\d+\.\d+\.\d+$/, "an IPv4 address");
  const range = parseCidr(`${virtualIp}/32`);
  const vpc = parseCidr(vpcCidr);
  if (range === undefined || vpc === undefined || contains(vpc, range)) {
    throw wrongSetting("virtualIp", virtualIp, `an IPv4 address outside of [cloudy:vpcCidr] ${vpcCidr}`);
  }
  const reserved = RESERVED_CIDRS.find((cidr) => {
    const block = parseCidr(cidr);
    return block !== undefined && contains(block, range);
  });
  if (reserved !== undefined) {
    throw wrongSetting("virtualIp", virtualIp, `an address that hosts can have; ${reserved} is reserved`);
  }
  return virtualIp;
}

function parseWeb(config: ConfigReader): WebSettings {
  const min = config.integer("webMin", 2, 1, 100);
  const max = config.integer("webMax", 3, min, 100);
  const cpuHighPercent = config.integer("cpuHighPercent", 60, 1, 100);
  const certificateArn = config.optional("certificateArn", /^arn:aws[a-z-]*:acm:\S+$/, "the ARN of an ACM certificate");
  const domain = config.optional("domain", /^[a-z0-9-]+(\.[a-z0-9-]+){2,}$/, "a host name such as app.example.com");
  if (certificateArn !== undefined && domain !== undefined) {
    throw wrongSetting("domain", domain, "left out when [cloudy:certificateArn] is given");
  }
  return {
    instanceType: config.text("webInstanceType", "t2.nano", INSTANCE_TYPE, "an instance type such as t3.micro"),
    min,
    max,
    scaling: config.choice("scaling", "simple", ["simple", "target-tracking"]),
    cpuHighPercent,
    cpuLowPercent: config.integer("cpuLowPercent", 40, 0, cpuHighPercent - 1),
    cpuTargetPercent: config.integer("cpuTargetPercent", 50, 1, 100),
    alarmPeriodSeconds: Number(config.choice("alarmPeriodSeconds", "60", ["60", "120", "300"])),
    alarmPeriods: config.integer("alarmPeriods", 2, 1, 10),
    cooldownSeconds: config.integer("cooldownSeconds", 60, 0, 3600),
    healthCheck: parseHealthCheck(config),
    deregistrationDelaySeconds: config.integer("deregistrationDelaySeconds", 20, 0, 3600),
    certificateArn,
    domain,
    loadWorkers: config.integer("loadWorkers", 0, 0, 64),
    loadQueue: config.integer("loadQueue", 64, 0, 10_000),
    shutdownSeconds: config.integer("shutdownSeconds", 15, 2, 300),
    requestsPerMinute: config.integer("requestsPerMinute", 0, 0, 1_000_000),
    tokensSecretArn: config.optional("tokensSecretArn", SECRET_ARN, "the ARN of a secret in Secrets Manager"),
  };
}

function parseHealthCheck(config: ConfigReader): HealthCheckSettings {
  const intervalSeconds = config.integer("healthCheckIntervalSeconds", 30, 5, 300);
  return {
    path: config.text("healthCheckPath", "/healthz", /^\/\S*$/, "a path such as /healthz"),
    intervalSeconds,
    timeoutSeconds: config.integer("healthCheckTimeoutSeconds", 15, 2, Math.min(120, intervalSeconds - 1)),
    healthyThreshold: config.integer("healthyThreshold", 5, 2, 10),
    unhealthyThreshold: config.integer("unhealthyThreshold", 3, 2, 10),
    matcher: config.text("healthCheckMatcher", "200", /^\d{3}(-\d{3})?$/, "a status or range such as 200 or 200-299"),
    graceSeconds: config.integer("healthCheckGraceSeconds", 300, 0, 3600),
  };
}

function parseDatabase(config: ConfigReader): DatabaseSettings {
  const min = config.integer("databaseMin", 1, 1, 10);
  const max = config.integer("databaseMax", 2, min, 10);
  return {
    instanceType: config.text("databaseInstanceType", "t2.nano", INSTANCE_TYPE, "an instance type such as t3.small"),
    min,
    max,
    desired: config.integer("databaseDesired", 2, min, max),
    name: config.text("databaseName", "cloudy", /^[a-z_][a-z0-9_]{0,62}$/, "a plain PostgreSQL name"),
    user: config.text("databaseUser", "cloudy", /^[a-z_][a-z0-9_]{0,62}$/, "a plain PostgreSQL name"),
    postgresMajor: config.choice("postgresMajor", "18", ["15", "16", "17", "18"]),
    backupHours: config.integer("backupHours", 24, 1, 8_784),
    backupRetentionDays: config.integer("backupRetentionDays", 14, 1, 3_660),
  };
}

function parseFailover(config: ConfigReader): FailoverSettings {
  return {
    roundSeconds: config.integer("failoverRoundSeconds", 3, 1, 60),
    probeTimeoutSeconds: config.integer("probeTimeoutSeconds", 3, 1, 10),
    logRetentionDays: Number(config.choice("logRetentionDays", "14", LOG_RETENTION_DAYS)),
    alarmTopicArn: config.optional("alarmTopicArn", /^arn:aws[a-z-]*:sns:\S+$/, "the ARN of an SNS topic"),
  };
}

function parseSecret(config: ConfigReader): SecretSettings {
  const { accountRoleArn, region } = config.record("secret", { accountRoleArn: ROLE_ARN, region: REGION });
  if (region !== undefined && accountRoleArn === undefined) {
    throw wrongSetting("secret.region", region, "given together with secret.accountRoleArn");
  }
  return { accountRoleArn, region, recoveryDays: config.integer("secretRecoveryDays", 0, 0, 30) };
}
