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

export const WEB_METRICS_NAMESPACE = "WebServers";

export interface WebBootArgs {
  readonly region: string;
  readonly api: InstallableBundle;
  readonly hostMetrics: InstallableBundle;
  readonly secretId: string;
  readonly secretRegion: string;
  readonly secretRoleArn: string | undefined;
  /** 0 is one a core: the default of the API. */
  readonly loadWorkers: number;
  readonly loadQueue: number;
  readonly shutdownSeconds: number;
  /** 0 is no limit. */
  readonly requestsPerMinute: number;
  /** Undefined asks nobody for a token. */
  readonly tokensSecretArn: string | undefined;
}

/**
 * MB. V8 sizes its young generation by the machine's memory and fills it before it collects: with this the API stays below
 * 150 MB under load everywhere, at no cost in speed.
 */
const SEMI_SPACE_MB = 4;
/** Of node, for the API. */
export const API_FLAGS = [`--max-semi-space-size=${SEMI_SPACE_MB}`] as const;

/** Seconds that systemd leaves the API beyond its own shutdown limit before it kills. */
const STOP_MARGIN_SECONDS = 5;

/** How a web instance comes up: Node.js, the API and the monitoring script. */
export function webBoot(args: WebBootArgs): CloudConfig {
  const environment = "/etc/cloudy/api.env";
  return {
    packages: [NODE_PACKAGE],
    swap: SWAP,
    write_files: [
      environmentFile(environment, {
        AWS_REGION: args.region,
        HOST: "0.0.0.0",
        PORT: API_PORT,
        SECRET_ID: args.secretId,
        SECRET_REGION: args.secretRegion,
        ...(args.secretRoleArn === undefined ? {} : { SECRET_ROLE_ARN: args.secretRoleArn }),
        ...(args.loadWorkers === 0 ? {} : { LOAD_WORKERS: args.loadWorkers }),
        LOAD_QUEUE: args.loadQueue,
        SHUTDOWN_SECONDS: args.shutdownSeconds,
        // The load balancer, which alone is let through to the API.
        PROXIES: 1,
        METRICS_PORT: API_METRICS_PORT,
        REQUESTS_PER_MINUTE: args.requestsPerMinute,
        ...(args.tokensSecretArn === undefined ? {} : { TOKENS_SECRET_ID: args.tokensSecretArn }),
      }),
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
          TimeoutStopSec: `${args.shutdownSeconds + STOP_MARGIN_SECONDS}s`,
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
