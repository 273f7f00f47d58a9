import { HOST_METRICS_ENVIRONMENT } from "@cloudy/contracts/environment/host-metrics.ts";
import { environmentOf } from "@cloudy/contracts/environment/write.ts";
import type { BootStep } from "./boot-step.ts";
import type { ConfigFile } from "./cloud-config.ts";
import { bundleDir, NODE } from "./install.ts";
import { environmentFile, HARDENING, retried, unitFile } from "./systemd.ts";

export const HOST_METRICS_TIMER = "cloudy-host-metrics.timer";

/** Below the timer's minute, so that a script that hangs costs one sample. */
const RUN_SECONDS = 50;

/** The monitoring script, every minute; what fails before its steps are done is tried again with the next minute. */
export function hostMetricsFiles(
  { region, stack }: { readonly region: string; readonly stack: string },
  namespace: string,
  steps: readonly BootStep[],
): readonly ConfigFile[] {
  const environment = "/etc/cloudy/host-metrics.env";
  return [
    environmentFile(
      environment,
      environmentOf(HOST_METRICS_ENVIRONMENT, {
        AWS_REGION: region,
        METRICS_NAMESPACE: namespace,
        STACK: stack,
        PROCFS_PATH: HOST_METRICS_ENVIRONMENT.PROCFS_PATH.default,
        DISK_PATH: HOST_METRICS_ENVIRONMENT.DISK_PATH.default,
        // systemd's own doing, by StateDirectory.
        STATE_DIRECTORY: undefined,
        AWS_EC2_METADATA_SERVICE_ENDPOINT: undefined,
      }),
    ),
    unitFile(
      "cloudy-host-metrics.service",
      retried({
        Unit: {
          Description: "Cloudy host metrics",
          After: ["network-online.target", ...steps.map(({ unit }) => unit)].join(" "),
          Wants: "network-online.target",
        },
        Service: {
          Type: "oneshot",
          TimeoutStartSec: `${RUN_SECONDS}s`,
          // The first to go when memory is short.
          OOMScoreAdjust: "1000",
          DynamicUser: "yes",
          StateDirectory: "cloudy-host-metrics",
          EnvironmentFile: environment,
          ExecStart: `${NODE} ${bundleDir("host-metrics")}/host-metrics.mjs`,
          ...HARDENING,
        },
      }),
    ),
    unitFile(HOST_METRICS_TIMER, {
      Unit: { Description: "Cloudy host metrics every minute" },
      Timer: { OnBootSec: "30s", OnUnitActiveSec: "60s", AccuracySec: "1s" },
      Install: { WantedBy: "timers.target" },
    }),
  ];
}
