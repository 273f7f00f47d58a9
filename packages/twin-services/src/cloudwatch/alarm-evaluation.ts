import type { AlarmState } from "@cloudy/twin-model/bus.ts";

export const COMPARISONS = [
  "GreaterThanOrEqualToThreshold",
  "GreaterThanThreshold",
  "LessThanThreshold",
  "LessThanOrEqualToThreshold",
] as const;

export type Comparison = (typeof COMPARISONS)[number];

export interface AlarmRule {
  readonly comparison: Comparison;
  readonly threshold: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: "breaching" | "notBreaching" | "ignore" | "missing";
}

/** CloudWatch looks somewhat further back than the evaluation periods, in case data points are late. */
export const extraPeriods = 2;

/**
 * State of an alarm by its newest data points (`recent[0]` is the latest period; `undefined` = no data), as the section
 * "Configuring how CloudWatch alarms treat missing data" of its documentation says. `current` is kept where it says so.
 */
export function evaluateAlarm(
  rule: AlarmRule,
  recent: readonly (number | undefined)[],
  current: AlarmState,
): AlarmState {
  const present = recent.filter((value) => value !== undefined);
  // With enough real data points in the range, missing ones are disregarded.
  if (present.length >= rule.evaluationPeriods) {
    return verdict(
      rule,
      present.slice(0, rule.evaluationPeriods).map((value) => breaches(rule, value)),
    );
  }
  const missing = rule.evaluationPeriods - present.length;
  const real = present.map((value) => breaches(rule, value));
  switch (rule.treatMissingData) {
    case "breaching":
      return verdict(rule, [...real, ...Array<boolean>(missing).fill(true)]);
    case "notBreaching":
      return verdict(rule, [...real, ...Array<boolean>(missing).fill(false)]);
    case "ignore":
      return verdictOfFew(rule, real, current);
    case "missing":
      return verdictWithGaps(rule, recent, real, current);
  }
}

export function breaches(rule: Pick<AlarmRule, "comparison" | "threshold">, value: number): boolean {
  switch (rule.comparison) {
    case "GreaterThanOrEqualToThreshold":
      return value >= rule.threshold;
    case "GreaterThanThreshold":
      return value > rule.threshold;
    case "LessThanThreshold":
      return value < rule.threshold;
    case "LessThanOrEqualToThreshold":
      return value <= rule.threshold;
  }
}

function verdict(rule: AlarmRule, breaching: readonly boolean[]): AlarmState {
  return breaching.filter(Boolean).length >= rule.datapointsToAlarm ? "ALARM" : "OK";
}

/** Only what the real data points decide alone changes the state. */
function verdictOfFew(rule: AlarmRule, real: readonly boolean[], current: AlarmState): AlarmState {
  const breaching = real.filter(Boolean).length;
  if (breaching >= rule.datapointsToAlarm) return "ALARM";
  const tolerated = rule.evaluationPeriods - rule.datapointsToAlarm;
  return real.length - breaching > tolerated ? "OK" : current;
}

/**
 * No data at all is INSUFFICIENT_DATA. A lone breaching data point alarms only once it is as old as `datapointsToAlarm`
 * periods with nothing better since, so that the start of a series is not taken for an outage.
 */
function verdictWithGaps(
  rule: AlarmRule,
  recent: readonly (number | undefined)[],
  real: readonly boolean[],
  current: AlarmState,
): AlarmState {
  if (real.length === 0) return "INSUFFICIENT_DATA";
  const decided = verdictOfFew(rule, real, current);
  if (decided === "ALARM" || real.some((isBreaching) => !isBreaching)) return decided === "ALARM" ? "ALARM" : "OK";
  const oldest = recent.findLastIndex((value) => value !== undefined) + 1;
  return oldest >= rule.datapointsToAlarm ? "ALARM" : current;
}
