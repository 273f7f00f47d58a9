import { FAILOVER_ENVIRONMENT } from "@cloudy/contracts/environment/failover.ts";
import { PROBE_ENVIRONMENT } from "@cloudy/contracts/environment/probe.ts";
import type { ConfigReader } from "./config-reader.ts";
import type { SettingGroup } from "./setting.ts";

export type FailoverSettings = ReturnType<typeof parseFailover>;

export const FAILOVER = {
  failoverRoundSeconds: { ...FAILOVER_ENVIRONMENT.ROUND_SECONDS, type: "whole number", min: 1 },
  probeTimeoutSeconds: { ...PROBE_ENVIRONMENT.PROBE_TIMEOUT_SECONDS, type: "whole number", min: 1 },
  logRetentionDays: {
    type: "choice",
    default: 14,
    // CloudWatch Logs accepts no others.
    choices: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365],
    description: "days for which the functions' logs are kept",
  },
} as const satisfies SettingGroup;

export function parseFailover(config: ConfigReader) {
  const { failoverRoundSeconds: roundSeconds, ...others } = config.group(FAILOVER);
  return { roundSeconds, ...others };
}
