import {
  BASELINE_DEADLINE_MS,
  BOOT_S_DEFAULT,
  COOLDOWN_S_DEFAULT,
  DEREGISTRATION_S_DEFAULT,
  FAILOVER_DEADLINE_MS,
  FAILOVER_PROMISE_S,
  GOAL_PERCENT_DEFAULT,
  HEALTHY_S_DEFAULT,
  METRIC_DELAY_S,
  OUR_ALARM,
  QUIET_DELAY_S,
  SHUTDOWN_S,
  TRACKING_ALARMS,
} from "./constants.ts";
import type { AlarmRule, Situation } from "./situation.ts";

/** What the demo shows of a stack, and how long each thing may take: it follows from what the stack declares. */
export interface Stack {
  /** Why the web group cannot grow, if it cannot. */
  readonly cannotScale: string | undefined;
  /** How many instances the group may grow by. */
  readonly room: number;
  /** A second database that is warm. */
  readonly hasStandby: boolean;
  /** CPU above which the group grows, and below which it shrinks. */
  readonly high_percent: number;
  readonly low_percent: number | undefined;
  readonly high: AlarmRule;
  readonly low: AlarmRule;
  readonly boot_s: number;
  readonly healthy_s: number;
  readonly cooldown_s: number;
  readonly deregistration_s: number;
}

type Declared = Omit<Stack, "cannotScale" | "room" | "hasStandby">;

/** The stack as it is seen while it rests. Pure. */
export function stackOf(situation: Situation): Stack {
  const { webMin, webMax, desired, databasesDesired } = situation;
  // A group that is still larger than its minimum will have room again.
  const base = webMin ?? desired ?? 1;
  return {
    ...declaredOf(situation),
    cannotScale: cannotScale(situation, base),
    room: Math.max(0, (webMax ?? base + 1) - base),
    hasStandby: (databasesDesired ?? 2) >= 2,
  };
}

function declaredOf({ highRule, lowRule, targetPercent, boot_s, healthy_s, cooldown_s, deregistration_s }: Situation) {
  const byTracking = targetPercent !== undefined;
  const otherwise = byTracking ? TRACKING_ALARMS : { high: OUR_ALARM, low: OUR_ALARM };
  return {
    high_percent: highRule?.threshold ?? targetPercent ?? GOAL_PERCENT_DEFAULT,
    low_percent: lowRule?.threshold,
    high: highRule ?? otherwise.high,
    low: lowRule ?? otherwise.low,
    boot_s: boot_s ?? BOOT_S_DEFAULT,
    healthy_s: healthy_s ?? HEALTHY_S_DEFAULT,
    cooldown_s: cooldown_s ?? COOLDOWN_S_DEFAULT,
    deregistration_s: deregistration_s ?? DEREGISTRATION_S_DEFAULT,
  } satisfies Declared;
}

function cannotScale(situation: Situation, base: number): string | undefined {
  const { webMax, policies, highAlarm } = situation;
  if (webMax !== undefined && webMax <= base) return `the web group has one size (${base})`;
  if (policies === 0 && highAlarm === undefined) return "nothing scales the web group (it has no policy)";
  return undefined;
}

/** Whether all is known that decides which phases there are. */
export function isKnown({ policies, highAlarm, isAlarmExpected, webMin, webMax }: Situation): boolean {
  if (webMax === undefined || webMin === undefined) return false;
  if (webMax <= webMin) return true;
  return highAlarm !== undefined || (policies !== undefined && !isAlarmExpected);
}

/** Cloud time, each doubled: what follows from the declarations is what it takes when all goes well. */
export const deadlines = {
  /** A group that is not at rest yet shrinks first. */
  baseline: (stack: Stack, tooMany: number) =>
    BASELINE_DEADLINE_MS + (tooMany > 0 ? deadlines.lowAlarm(stack) + deadlines.scaleIn(stack, tooMany) : 0),
  /** All periods, one that load covers in part, and CloudWatch's delay. */
  highAlarm: ({ high }: Stack) => alarm_ms(high) + METRIC_DELAY_S * 1000,
  /** Launch, boot, and the health checks. */
  scaleOut: ({ boot_s, healthy_s }: Stack) => (boot_s + 2 * healthy_s) * 1000,
  lowAlarm: ({ low }: Stack) => alarm_ms(low) + QUIET_DELAY_S * 1000,
  /** Each instance: cooldown and a further evaluation; then deregistration delay and shutdown. */
  scaleIn: ({ cooldown_s, low, deregistration_s }: Stack, instances: number) =>
    2000 * (Math.max(1, instances) * (cooldown_s + 2 * low.period_s) + deregistration_s + SHUTDOWN_S),
  failover: (stack: Stack) => FAILOVER_DEADLINE_MS + withoutStandby_s(stack) * 1000,
} as const;

/** From the loss of the database to the next acknowledged write. */
export function failoverPromise_s(stack: Stack): number {
  return FAILOVER_PROMISE_S + withoutStandby_s(stack);
}

/** Without a standby a new instance boots first. */
function withoutStandby_s({ hasStandby, boot_s }: Stack): number {
  return hasStandby ? 0 : boot_s;
}

function alarm_ms({ periods, period_s }: AlarmRule): number {
  return 2000 * (periods + 1) * period_s;
}
