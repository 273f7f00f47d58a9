import type { ConfigFile } from "./cloud-config.ts";
import { bundleDir, NODE } from "./install.ts";
import { AFTER_NETWORK, environmentFile, HARDENING, unitFile } from "./systemd.ts";

export const HOST_METRICS_TIMER = "cloudy-host-metrics.timer";

/** The monitoring script, every minute. */
export function hostMetricsFiles(region: string, namespace: string): readonly ConfigFile[] {
  const environment = "/etc/cloudy/host-metrics.env";
  return [
    environmentFile(environment, {
      AWS_REGION: region,
      METRICS_NAMESPACE: namespace,
      PROCFS_PATH: "/proc",
      DISK_PATH: "/",
    }),
    unitFile("cloudy-host-metrics.service", {
      Unit: { Description: "Cloudy host metrics", ...AFTER_NETWORK },
      Service: {
        Type: "oneshot",
        DynamicUser: "yes",
        StateDirectory: "cloudy-host-metrics",
        EnvironmentFile: environment,
        ExecStart: `${NODE} ${bundleDir("host-metrics")}/host-metrics.mjs`,
        ...HARDENING,
      },
    }),
    unitFile(HOST_METRICS_TIMER, {
      Unit: { Description: "Cloudy host metrics every minute" },
      Timer: { OnBootSec: "30s", OnUnitActiveSec: "60s", AccuracySec: "1s" },
      Install: { WantedBy: "timers.target" },
    }),
  ];
}
