import type { Clock } from "@cloudy/twin-model/clock.ts";
import { because } from "./activities.ts";
import { chooseForTermination } from "./balance.ts";
import type { RefreshPreferences } from "./group-settings.ts";
import type { GroupParts, Member } from "./member.ts";
import type { ScalingGroup } from "./scaling-group.ts";

export interface InstanceRefresh {
  readonly id: string;
  readonly startedAt_ms: number;
  readonly preferences: RefreshPreferences;
  /** Instances to be replaced when it started. */
  readonly total: number;
  status: "InProgress" | "Successful" | "Cancelled";
  endedAt_ms: number | undefined;
  remaining: number;
}

/** How often a refresh looks whether it can take its next step. */
const step_ms = 5_000;

/** Replaces the instances of one group, a few at a time, within the percentages of healthy instances. */
export class InstanceRefreshes {
  readonly #group: ScalingGroup;
  readonly #parts: GroupParts;
  readonly #clock: Clock;
  readonly #refreshes: InstanceRefresh[] = [];

  constructor(group: ScalingGroup, parts: GroupParts) {
    this.#group = group;
    this.#parts = parts;
    this.#clock = parts.clock;
  }

  /** Newest first. */
  all(): readonly InstanceRefresh[] {
    return this.#refreshes.toReversed();
  }

  active(): InstanceRefresh | undefined {
    return this.#refreshes.find((refresh) => refresh.status === "InProgress");
  }

  start(preferences: RefreshPreferences): InstanceRefresh {
    const { id: templateId, version } = this.#group.settings.launchTemplate;
    const wanted = String(this.#parts.ec2.launchTemplates.resolve(templateId, version).version);
    const old = new Set(
      this.#group
        .active()
        .filter((member) => !preferences.skipMatching || member.launchTemplate.version !== wanted)
        .map((member) => member.instanceId),
    );
    const refresh: InstanceRefresh = {
      id: this.#parts.ids.uuid(),
      startedAt_ms: this.#clock.now(),
      preferences,
      total: old.size,
      status: "InProgress",
      endedAt_ms: undefined,
      remaining: old.size,
    };
    this.#refreshes.push(refresh);
    const cancel = this.#clock.every(step_ms, () => {
      this.#step(refresh, old);
      if (refresh.status !== "InProgress") cancel();
    });
    return refresh;
  }

  cancel(refresh: InstanceRefresh): void {
    this.#finish(refresh, "Cancelled");
  }

  #step(refresh: InstanceRefresh, old: ReadonlySet<string>): void {
    if (refresh.status !== "InProgress") return;
    const group = this.#group;
    const { desired } = group;
    const { minHealthyPercentage, maxHealthyPercentage } = refresh.preferences;
    const outdated = group.active().filter((member) => old.has(member.instanceId));
    refresh.remaining = outdated.length;
    const surge = Math.floor((desired * maxHealthyPercentage) / 100) - desired;
    group.setSurge(Math.max(0, Math.min(surge, outdated.length)));
    const ready = group.inService().filter((member) => this.#isReady(member, refresh, old));
    if (outdated.length === 0) {
      if (ready.length >= desired) this.#finish(refresh, "Successful");
      return;
    }
    const open = outdated.filter((member) => refresh.preferences.replacesProtected || !member.protectedFromScaleIn);
    const victim = this.#nextVictim(open, ready, Math.ceil((desired * minHealthyPercentage) / 100));
    if (victim !== undefined) group.takeOut(victim, because.refresh(this.#clock.now()));
  }

  /** An instance that serves nothing may always go; one that serves only if enough others do. */
  #nextVictim(outdated: readonly Member[], ready: readonly Member[], readyLeast: number): Member | undefined {
    const useless = outdated.find((member) => !ready.includes(member));
    if (useless !== undefined) return useless;
    if (ready.length - 1 < readyLeast) return undefined;
    const chosen = chooseForTermination(outdated.map((member) => ({ ...member, protectedFromScaleIn: false })));
    return outdated.find((member) => member.instanceId === chosen?.instanceId);
  }

  /** In service, past its warm-up if it is new, and healthy for the load balancer. */
  #isReady(member: Member, refresh: InstanceRefresh, old: ReadonlySet<string>): boolean {
    const { settings } = this.#group;
    const warmup_s = refresh.preferences.warmup_s ?? settings.defaultWarmup_s ?? settings.gracePeriod_s;
    const age_ms = this.#clock.now() - (member.inServiceAt_ms ?? this.#clock.now());
    if (!old.has(member.instanceId) && age_ms < warmup_s * 1000) return false;
    const { loadBalancing } = this.#parts;
    return settings.targetGroupArns.every(
      (arn) => loadBalancing.targets(arn).health(member.instanceId)?.state === "healthy",
    );
  }

  #finish(refresh: InstanceRefresh, status: "Successful" | "Cancelled"): void {
    refresh.status = status;
    refresh.endedAt_ms = this.#clock.now();
    this.#group.setSurge(0);
  }
}
