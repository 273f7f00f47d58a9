import type { ConfigReader } from "./config-reader.ts";
import type { SettingGroup, ValuesOf } from "./setting.ts";

export type LogSettings = ValuesOf<typeof LOGS>;

export const LOGS = {
  logRetentionDays: {
    type: "choice",
    default: 14,
    // CloudWatch Logs accepts no others.
    choices: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365],
    description: "days for which logs are kept: of functions, instances and requests",
  },
  accessLogs: {
    type: "choice",
    default: "bucket",
    choices: ["bucket", "none"],
    description: "whether the load balancer writes down each request, in a bucket of the stack",
  },
} as const satisfies SettingGroup;

export function parseLogs(config: ConfigReader): LogSettings {
  return config.group(LOGS);
}
