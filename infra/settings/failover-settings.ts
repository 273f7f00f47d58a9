import { FAILOVER_ENVIRONMENT } from "@cloudy/contracts/environment/failover.ts";
import { PROBE_ENVIRONMENT } from "@cloudy/contracts/environment/probe.ts";
import type { ConfigReader } from "./config-reader.ts";
import type { SettingGroup } from "./setting.ts";

export type FailoverSettings = ReturnType<typeof parseFailover>;

export const FAILOVER = {
  failoverRoundSeconds: { ...FAILOVER_ENVIRONMENT.ROUND_SECONDS, type: "whole number", min: 1 },
  probeTimeoutSeconds: { ...PROBE_ENVIRONMENT.PROBE_TIMEOUT_SECONDS, type: "whole number", min: 1 },
} as const satisfies SettingGroup;

export function parseFailover(config: ConfigReader) {
  const { failoverRoundSeconds: roundSeconds, ...others } = config.group(FAILOVER);
  return { roundSeconds, ...others };
}
