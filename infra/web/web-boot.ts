import { API_FLAGS } from "@cloudy/bundle/api-flags.ts";
import { API_ENVIRONMENT } from "@cloudy/contracts/environment/api.ts";
import { environmentOf } from "@cloudy/contracts/environment/write.ts";
import { installStep, needing, packagesStep } from "../instance/boot-step.ts";
import { type CloudConfig, SWAP, startUnits } from "../instance/cloud-config.ts";
import { HOST_METRICS_TIMER, hostMetricsFiles } from "../instance/host-metrics-boot.ts";
import { bundleDir, type InstallableBundle, NODE, NODE_PACKAGE } from "../instance/install.ts";
import { logsStep } from "../instance/logs-boot.ts";
import { environmentFile, HARDENING, retried, unitFile } from "../instance/systemd.ts";
import { API_METRICS_PORT, API_PORT, POSTGRES_PORT } from "../network/ports.ts";
import type { WebSettings } from "../settings/web-settings.ts";

export const WEB_METRICS_NAMESPACE = "WebServers";

export interface WebBootArgs {
  readonly region: string;
  /** `<project>/<stack>`, the dimension of metrics. */
  readonly stack: string;
  readonly api: InstallableBundle;
  readonly hostMetrics: InstallableBundle;
  readonly logGroup: string;
  readonly secretId: string;
  readonly secretRegion: string;
  readonly secretRoleArn: string | undefined;
  /** Where the database is and by which authority it is known, as the stack has it now. */
  readonly database: {
    readonly host: string;
    readonly certificateAuthority: string;
    readonly connections: number;
  };
  /** Of the API on each instance. */
  readonly processes: number;
  readonly settings: WebSettings;
}

const API_UNIT = "cloudy-api.service";

/** Seconds that systemd leaves the API beyond its own shutdown limit before it kills. */
const STOP_MARGIN_SECONDS = 5;

const CA_FILE = "/etc/cloudy/database-ca.pem";

/** How a web instance comes up: Node.js, the API and the monitoring script. */
export function webBoot(args: WebBootArgs): CloudConfig {
  const environment = "/etc/cloudy/api.env";
  const packages = packagesStep([NODE_PACKAGE]);
  const api = installStep(args.api, [packages]);
  const hostMetrics = installStep(args.hostMetrics, [packages, api]);
  const logs = logsStep(args.logGroup, [packages, api, hostMetrics]);
  const needs = needing([packages, api]);
  return {
    swap: SWAP,
    write_files: [
      ...[packages, api, hostMetrics, logs].flatMap(({ files }) => files),
      environmentFile(environment, apiEnvironment(args)),
      { path: CA_FILE, content: args.database.certificateAuthority },
      unitFile(
        API_UNIT,
        retried({
          Unit: { Description: "Cloudy API", ...needs.Unit },
          Service: {
            Type: "exec",
            DynamicUser: "yes",
            EnvironmentFile: environment,
            Environment: ["HOSTNAME=%H", "NODE_ENV=production"],
            ...needs.Service,
            ExecStart: `${NODE} ${API_FLAGS.join(" ")} ${bundleDir("api")}/server.mjs`,
            Restart: "always",
            RestartSec: "1s",
            TimeoutStopSec: `${args.settings.shutdownSeconds + STOP_MARGIN_SECONDS}s`,
            ...HARDENING,
          },
          Install: { WantedBy: "multi-user.target" },
        }),
      ),
      ...hostMetricsFiles(args, WEB_METRICS_NAMESPACE, [packages, hostMetrics]),
    ],
    runcmd: startUnits([packages.unit, api.unit, hostMetrics.unit, logs.unit, API_UNIT, HOST_METRICS_TIMER]),
  };
}

function apiEnvironment(args: WebBootArgs) {
  const { region, secretId, secretRegion, secretRoleArn, database, settings } = args;
  return environmentOf(API_ENVIRONMENT, {
    AWS_REGION: region,
    HOST: API_ENVIRONMENT.HOST.default,
    PORT: API_PORT,
    // The unit gives it, since only there it can be the instance's own.
    HOSTNAME: undefined,
    LOG_LEVEL: undefined,
    DATABASE_URL: undefined,
    DB_URI: undefined,
    SECRET_ID: secretId,
    SECRET_REGION: secretRegion,
    SECRET_ROLE_ARN: secretRoleArn,
    DATABASE_HOST: database.host,
    DATABASE_PORT: POSTGRES_PORT,
    DATABASE_CA_FILE: CA_FILE,
    PROCESSES: args.processes,
    DATABASE_CONNECTIONS: database.connections,
    DATABASE_POOLER: settings.databasePooler,
    LOAD_WORKERS: settings.loadWorkers === 0 ? undefined : settings.loadWorkers,
    LOAD_QUEUE: settings.loadQueue,
    SHUTDOWN_SECONDS: settings.shutdownSeconds,
    // The load balancer, which alone is let through to the API.
    PROXIES: 1,
    METRICS_PORT: API_METRICS_PORT,
    METRICS_HOST: undefined,
    REQUESTS_PER_MINUTE: settings.requestsPerMinute,
    TOKENS_SECRET_ID: settings.tokensSecretArn,
  });
}
