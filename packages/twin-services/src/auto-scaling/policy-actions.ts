import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { ActionResult, AlarmAction } from "../cloudwatch/alarms.ts";
import { because } from "./activities.ts";
import { adjusted, type Policy, type SimplePolicy, type TargetTrackingPolicy, tracked } from "./policy-settings.ts";
import type { ScalingGroup } from "./scaling-group.ts";

/** Executes scaling policies: by alarm or by a user. */
export class Policies {
  readonly #policies: ReadonlyMap<string, Policy>;
  readonly #groupOf: (policy: Policy) => ScalingGroup;
  readonly #clock: Clock;
  /** End of the cooldown by group: simple policies wait for it. */
  readonly #cooldownUntil_ms = new Map<string, number>();

  constructor(policies: readonly Policy[], groupOf: (policy: Policy) => ScalingGroup, clock: Clock) {
    this.#policies = new Map(policies.map((policy) => [policy.arn, policy]));
    this.#groupOf = groupOf;
    this.#clock = clock;
  }

  all(): readonly Policy[] {
    return [...this.#policies.values()];
  }

  find(arnOrName: string, groupName?: string): Policy | undefined {
    return this.all().find(
      (policy) =>
        (policy.arn === arnOrName || policy.name === arnOrName) &&
        (groupName === undefined || groupName === policy.groupName),
    );
  }

  /** What an alarm does whose action is a policy's ARN; called again every minute while the alarm lasts. */
  perform(action: AlarmAction): ActionResult {
    const policy = this.#policies.get(action.actionArn);
    if (policy === undefined) return { acted: false, sentence: `there is no scaling policy ${action.actionArn}` };
    if (!policy.enabled) return { acted: false, sentence: `policy ${policy.name} is disabled` };
    if (policy.kind === "TargetTrackingScaling") return this.#track(policy, action);
    return this.#scale(policy, true, (now_ms, from, to) =>
      because.alarm(now_ms, action.alarmName, policy.name, from, to),
    );
  }

  execute(policy: SimplePolicy, honorCooldown: boolean): ActionResult {
    return this.#scale(policy, honorCooldown, (now_ms, from, to) => because.executed(now_ms, policy.name, from, to));
  }

  #scale(
    policy: SimplePolicy,
    honorCooldown: boolean,
    causeOf: (now_ms: number, from: number, to: number) => string,
  ): ActionResult {
    const group = this.#groupOf(policy);
    const now_ms = this.#clock.now();
    if (honorCooldown) {
      if (!group.started || group.activities.inProgress()) {
        return { acted: false, sentence: `a scaling activity of ${group.settings.name} is in progress` };
      }
      const left_ms = (this.#cooldownUntil_ms.get(group.settings.name) ?? 0) - now_ms;
      if (left_ms > 0) {
        return {
          acted: false,
          sentence: `${group.settings.name} is cooling down for another ${Math.ceil(left_ms / 1000)} s`,
        };
      }
    }
    const { min, max } = group.settings;
    const from = group.desired;
    const to = adjusted(policy, { desired: from, min, max });
    if (to === from)
      return { acted: false, sentence: `${group.settings.name} stays at ${from} (min ${min}, max ${max})` };
    const cooldown_ms = (policy.cooldown_s ?? group.settings.defaultCooldown_s) * 1000;
    // The cooldown starts when the activity is over; until then activities in progress hold policies back.
    this.#cooldownUntil_ms.set(group.settings.name, Number.POSITIVE_INFINITY);
    group.setDesired(to, causeOf(now_ms, from, to), () =>
      this.#cooldownUntil_ms.set(group.settings.name, this.#clock.now() + cooldown_ms),
    );
    return { acted: true, sentence: `${policy.name} changed ${group.settings.name} from ${from} to ${to}` };
  }

  #track(policy: TargetTrackingPolicy, action: AlarmAction): ActionResult {
    const group = this.#groupOf(policy);
    const { min, max, defaultCooldown_s, defaultWarmup_s } = group.settings;
    if (action.value === undefined || !group.started) {
      return { acted: false, sentence: `there is no data to track ${group.settings.name} by` };
    }
    const now_ms = this.#clock.now();
    const warmup_ms = (policy.warmup_s ?? defaultWarmup_s ?? defaultCooldown_s) * 1000;
    const isWarm = (since_ms: number | undefined) => since_ms !== undefined && now_ms - since_ms >= warmup_ms;
    const warm = group.active().filter((member) => isWarm(member.inServiceAt_ms)).length;
    const warming = group.active().length - warm;
    const from = group.desired;
    const to = tracked(policy, { desired: from, min, max, value: action.value, warm, warming });
    if (to === from) return { acted: false, sentence: `${group.settings.name} stays at ${from}` };
    group.setDesired(to, because.alarm(now_ms, action.alarmName, policy.name, from, to));
    return { acted: true, sentence: `${policy.name} changed ${group.settings.name} from ${from} to ${to}` };
  }
}
