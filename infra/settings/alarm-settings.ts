import { RunError } from "@pulumi/pulumi";
import type { ConfigReader } from "./config-reader.ts";
import type { SettingGroup } from "./setting.ts";

export type AlarmSettings = ReturnType<typeof parseAlarms>;

export const ALARMS = {
  alarms: {
    type: "choice",
    default: "optional",
    choices: ["optional", "required"],
    description: "whether a stack may be without alarmTopicArn and alarmEmail, so that nobody hears of its alarms",
  },
  alarmTopicArn: {
    type: "text",
    shape: { pattern: /^arn:aws[a-z-]*:sns:\S+$/, words: "the ARN of an SNS topic" },
    description: "topic that hears of every alarm",
  },
  alarmEmail: {
    type: "text",
    shape: { pattern: /^[^\s@]+@[^\s@]+\.[^\s@]+$/, words: "an email address" },
    description: "address that hears of every alarm, by a topic that the program makes; it confirms that once",
  },
  alarmErrorPercent: {
    type: "whole number",
    default: 5,
    min: 0,
    max: 99,
    unit: "percent",
    description: "share of 5xx answers above which somebody is told after five minutes",
  },
  alarmLatencySeconds: {
    type: "whole number",
    default: 3,
    min: 1,
    max: 60,
    unit: "seconds",
    description: "time that one request of a hundred may take before somebody is told after five minutes",
  },
} as const satisfies SettingGroup;

export function parseAlarms(config: ConfigReader) {
  const {
    alarms,
    alarmTopicArn: topicArn,
    alarmEmail: email,
    alarmErrorPercent: errorPercent,
    alarmLatencySeconds: latency_s,
  } = config.group(ALARMS);
  if (alarms === "required" && topicArn === undefined && email === undefined) {
    throw new RunError(
      "[cloudy:alarms] is required, but neither [cloudy:alarmEmail] nor [cloudy:alarmTopicArn] is set: give one of them.",
    );
  }
  return { topicArn, email, errorPercent, latency_s };
}
