import { API_FLAGS } from "@cloudy/bundle/api-flags.ts";
import { API_ENVIRONMENT } from "@cloudy/contracts/environment/api.ts";
import { environmentOf } from "@cloudy/contracts/environment/write.ts";
import { type CloudConfig, SWAP } from "../instance/cloud-config.ts";
import { HOST_METRICS_TIMER, hostMetricsFiles } from "../instance/host-metrics-boot.ts";
import {
  bundleDir,
  checksumFile,
  type InstallableBundle,
  installCommands,
  NODE,
  NODE_PACKAGE,
} from "../instance/install.ts";
import { AFTER_NETWORK, environmentFile, HARDENING, unitFile } from "../instance/systemd.ts";
import { API_METRICS_PORT, API_PORT } from "../network/ports.ts";
import type { WebSettings } from "../settings/web-settings.ts";

export const WEB_METRICS_NAMESPACE = "WebServers";

export interface WebBootArgs {
  readonly region: string;
  readonly api: InstallableBundle;
  readonly hostMetrics: InstallableBundle;
  readonly secretId: string;
  readonly secretRegion: string;
  readonly secretRoleArn: string | undefined;
  readonly settings: WebSettings;
}

/** Seconds that systemd leaves the API beyond its own shutdown limit before it kills. */
const STOP_MARGIN_SECONDS = 5;

/** How a web instance comes up: Node.js, the API and the monitoring script. */
export function webBoot(args: WebBootArgs): CloudConfig {
  const environment = "/etc/cloudy/api.env";
  return {
    packages: [NODE_PACKAGE],
    swap: SWAP,
    write_files: [
      environmentFile(environment, apiEnvironment(args)),
      unitFile("cloudy-api.service", {
        Unit: { Description: "Cloudy API", ...AFTER_NETWORK },
        Service: {
          Type: "exec",
          DynamicUser: "yes",
          EnvironmentFile: environment,
          Environment: ["HOSTNAME=%H", "NODE_ENV=production"],
          ExecStart: `${NODE} ${API_FLAGS.join(" ")} ${bundleDir("api")}/server.mjs`,
          Restart: "always",
          RestartSec: "1s",
          TimeoutStopSec: `${args.settings.shutdownSeconds + STOP_MARGIN_SECONDS}s`,
          ...HARDENING,
        },
        Install: { WantedBy: "multi-user.target" },
      }),
      ...hostMetricsFiles(args.region, WEB_METRICS_NAMESPACE),
      checksumFile(args.api),
      checksumFile(args.hostMetrics),
    ],
    runcmd: [
      ["set", "-e"],
      ...installCommands(args.api),
      ...installCommands(args.hostMetrics),
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", "cloudy-api.service", HOST_METRICS_TIMER],
    ],
  };
}

function apiEnvironment({ region, secretId, secretRegion, secretRoleArn, settings }: WebBootArgs) {
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
    DATABASE_CONNECTIONS: undefined,
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
