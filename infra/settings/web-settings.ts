import { API_ENVIRONMENT } from "@cloudy/contracts/environment/api.ts";
import { type ConfigReader, wrongSetting } from "./config-reader.ts";
import { INSTANCE_TYPE, type SettingGroup } from "./setting.ts";

export type WebSettings = ReturnType<typeof parseWeb>;

const SECRET_ARN = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+$/;

const SCALING = {
  webInstanceType: {
    type: "text",
    default: "t2.nano",
    shape: { pattern: INSTANCE_TYPE, words: "an instance type such as t3.micro" },
    description: "type of the web instances",
  },
  webMin: {
    type: "whole number",
    default: 2,
    min: 1,
    max: 100,
    unit: "instances",
    description: "smallest size of the web group, and its first",
  },
  webMax: {
    type: "whole number",
    default: 3,
    min: 1,
    max: 100,
    unit: "instances",
    description: "largest size of the web group, not below webMin",
  },
  scaling: {
    type: "choice",
    default: "simple",
    choices: ["simple", "target-tracking"],
    description: "two alarms of our own, or AWS's",
  },
  cpuHighPercent: {
    type: "whole number",
    default: 60,
    min: 2,
    // Above 100 it never is.
    max: 99,
    unit: "percent",
    description: "CPU use above which an instance is added; only with simple scaling",
  },
  cpuLowPercent: {
    type: "whole number",
    default: 40,
    // Below 0 it never is.
    min: 1,
    max: 98,
    unit: "percent",
    description: "CPU use below which an instance is removed, below cpuHighPercent; only with simple scaling",
  },
  cpuTargetPercent: {
    type: "whole number",
    default: 50,
    min: 1,
    max: 100,
    unit: "percent",
    description: "CPU use that AWS keeps to; only with target-tracking",
  },
  alarmPeriodSeconds: {
    type: "choice",
    default: 60,
    choices: [60, 120, 300],
    description: "seconds over which an alarm takes the average",
  },
  alarmPeriods: {
    type: "whole number",
    default: 2,
    min: 1,
    max: 10,
    unit: "periods",
    description: "periods in a row after which an alarm goes off",
  },
  cooldownSeconds: {
    type: "whole number",
    default: 60,
    min: 0,
    max: 3600,
    unit: "seconds",
    description: "pause after the group has grown or shrunk",
  },
} as const satisfies SettingGroup;

const HEALTH_CHECK = {
  healthCheckPath: {
    type: "text",
    default: "/healthz",
    shape: { pattern: /^\/\S*$/, words: "a path such as /healthz" },
    description: "what the load balancer asks an instance for",
  },
  healthCheckIntervalSeconds: {
    type: "whole number",
    default: 30,
    min: 5,
    max: 300,
    unit: "seconds",
    description: "time between two health checks",
  },
  healthCheckTimeoutSeconds: {
    type: "whole number",
    default: 15,
    min: 2,
    max: 120,
    unit: "seconds",
    description: "time for an answer to a health check, below healthCheckIntervalSeconds",
  },
  healthyThreshold: {
    type: "whole number",
    default: 5,
    min: 2,
    max: 10,
    unit: "checks",
    description: "passed checks in a row that put an instance into service",
  },
  unhealthyThreshold: {
    type: "whole number",
    default: 3,
    min: 2,
    max: 10,
    unit: "checks",
    description: "failed checks in a row that take an instance out of service",
  },
  healthCheckMatcher: {
    type: "text",
    default: "200",
    // An application load balancer takes these.
    shape: { pattern: /^[2-4]\d\d(-[2-4]\d\d)?$/, words: "a status or range from 200 to 499, such as 200-299" },
    description: "HTTP status of a healthy answer",
  },
} as const satisfies SettingGroup;

const BALANCER = {
  deregistrationDelaySeconds: {
    type: "whole number",
    default: 20,
    // AWS takes less, but the API needs 2 s to shut down.
    min: 3,
    max: 3600,
    unit: "seconds",
    description: "an instance that leaves may finish its requests for this long",
  },
  certificateArn: {
    type: "text",
    shape: { pattern: /^arn:aws[a-z-]*:acm:\S+$/, words: "the ARN of an ACM certificate" },
    description: "certificate; then HTTPS on 443 and redirects from HTTP on 80 and 8080",
  },
  domain: {
    type: "text",
    // ACM takes 64 characters as the first name of a certificate.
    shape: { pattern: /^(?=.{1,64}$)[a-z0-9-]+(\.[a-z0-9-]+){2,}$/, words: "a host name such as app.example.com" },
    description: "name whose parent is a Route 53 zone; then the certificate is made too",
  },
} as const satisfies SettingGroup;

const API = {
  loadWorkers: {
    ...API_ENVIRONMENT.LOAD_WORKERS,
    default: 0,
    min: 0,
    description: "threads of /load an instance; 0 is one a core",
  },
  loadQueue: API_ENVIRONMENT.LOAD_QUEUE,
  databasePooler: API_ENVIRONMENT.DATABASE_POOLER,
  shutdownSeconds: API_ENVIRONMENT.SHUTDOWN_SECONDS,
  requestsPerMinute: API_ENVIRONMENT.REQUESTS_PER_MINUTE,
  tokensSecretArn: {
    type: "text",
    shape: { pattern: SECRET_ARN, words: "the ARN of a secret in Secrets Manager" },
    description: "secret in this region with the hashes of bearer tokens, of which the API then asks for one",
  },
} as const satisfies SettingGroup;

export const WEB = { ...SCALING, ...HEALTH_CHECK, ...BALANCER, ...API };

export function parseWeb(config: ConfigReader) {
  const {
    webInstanceType: instanceType,
    webMin: min,
    webMax: max,
    ...scaling
  } = config.group(SCALING, {
    webMax: ({ webMin }) => ({ min: webMin }),
    cpuLowPercent: ({ cpuHighPercent }) => ({ max: cpuHighPercent - 1 }),
  });
  const healthCheck = parseHealthCheck(config);
  const balancer = config.group(BALANCER);
  if (balancer.certificateArn !== undefined && balancer.domain !== undefined) {
    throw wrongSetting("domain", balancer.domain, "left out when [cloudy:certificateArn] is given");
  }
  // A target that leaves is sent nothing new during the delay; whoever is still being answered after it is cut off.
  const api = config.group(API, {
    shutdownSeconds: () => ({ max: Math.min(API.shutdownSeconds.max, balancer.deregistrationDelaySeconds - 1) }),
  });
  return { instanceType, min, max, ...scaling, healthCheck, ...balancer, ...api };
}

function parseHealthCheck(config: ConfigReader) {
  const {
    healthCheckPath: path,
    healthCheckIntervalSeconds: intervalSeconds,
    healthCheckTimeoutSeconds: timeoutSeconds,
    healthCheckMatcher: matcher,
    ...thresholds
  } = config.group(HEALTH_CHECK, {
    healthCheckTimeoutSeconds: ({ healthCheckIntervalSeconds }) => ({
      max: Math.min(HEALTH_CHECK.healthCheckTimeoutSeconds.max, healthCheckIntervalSeconds - 1),
    }),
  });
  return { path, intervalSeconds, timeoutSeconds, ...thresholds, matcher };
}
