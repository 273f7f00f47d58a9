import { because } from "./activities.ts";
import { chooseForTermination } from "./balance.ts";
import type { TemplateReference } from "./group-settings.ts";
import type { GroupParts, Member } from "./member.ts";
import type { RefreshPreferences } from "./refresh-preferences.ts";
import type { ScalingGroup } from "./scaling-group.ts";

type Ended = "Successful" | "Failed" | "Cancelled" | "RollbackSuccessful" | "RollbackFailed";

export interface InstanceRefresh {
  readonly id: string;
  readonly startedAt_ms: number;
  readonly preferences: RefreshPreferences;
  /** What new instances are launched from; the group takes it over when the refresh succeeds. */
  readonly desired: TemplateReference | undefined;
  /** Instances to be replaced when it started. */
  readonly total: number;
  status: "InProgress" | "RollbackInProgress" | Ended;
  reason: string;
  endedAt_ms: number | undefined;
  remaining: number;
  rollback: { readonly startedAt_ms: number; readonly reason: string; readonly percentComplete: number } | undefined;
}

/** How often a refresh looks whether it can take its next step. */
const step_ms = 5_000;
/** AWS waits an hour for protected instances and for replacements that do not get healthy, and then fails the refresh. */
const patience_ms = 3_600_000;

/** A refresh under way, and what it goes by. */
interface Run {
  readonly refresh: InstanceRefresh;
  /** Which instances are to be replaced. */
  isOutdated: (member: Member) => boolean;
  /** Name of an alarm of its specification that is in ALARM. */
  readonly ringing: () => string | undefined;
  seen: string;
  movedAt_ms: number;
}

/** Replaces the instances of one group, a few at a time, within the percentages of healthy instances. */
export class InstanceRefreshes {
  readonly #group: ScalingGroup;
  readonly #parts: GroupParts;
  readonly #refreshes: InstanceRefresh[] = [];
  #run: Run | undefined;

  constructor(group: ScalingGroup, parts: GroupParts) {
    this.#group = group;
    this.#parts = parts;
  }

  /** Newest first. */
  all(): readonly InstanceRefresh[] {
    return this.#refreshes.toReversed();
  }

  active(): InstanceRefresh | undefined {
    return this.#run?.refresh;
  }

  start(
    preferences: RefreshPreferences,
    desired: TemplateReference | undefined,
    ringing: () => string | undefined = () => undefined,
  ): InstanceRefresh {
    const wanted = this.#resolve(desired ?? this.#group.settings.launchTemplate);
    const old = new Set(
      this.#group
        .active()
        .filter((member) => !preferences.skipMatching || !isOf(member, wanted))
        .map((member) => member.instanceId),
    );
    const { clock, ids } = this.#parts;
    const refresh: InstanceRefresh = {
      id: ids.uuid(),
      startedAt_ms: clock.now(),
      preferences,
      desired,
      total: old.size,
      status: "InProgress",
      reason: "",
      endedAt_ms: undefined,
      remaining: old.size,
      rollback: undefined,
    };
    const isOutdated = (member: Member) => old.has(member.instanceId);
    const run: Run = { refresh, isOutdated, ringing, seen: "", movedAt_ms: clock.now() };
    this.#refreshes.push(refresh);
    this.#run = run;
    this.#group.launching = desired;
    const cancel = clock.every(step_ms, () => {
      if (this.#run === run) this.#step(run);
      if (this.#run !== run) cancel();
    });
    return refresh;
  }

  cancel(): void {
    if (this.#run !== undefined) this.#finish(this.#run.refresh, "Cancelled", "Cancelled by a user request.");
  }

  /** Replaces what was replaced once more, by what the group was launched from before. */
  rollBack(reason: string): void {
    const run = this.#run;
    if (run === undefined) return;
    const { refresh } = run;
    const previous = this.#resolve(this.#group.settings.launchTemplate);
    refresh.rollback = { startedAt_ms: this.#parts.clock.now(), reason, percentComplete: percentComplete(refresh) };
    refresh.status = "RollbackInProgress";
    refresh.reason = reason;
    run.isOutdated = (member) => !isOf(member, previous);
    run.movedAt_ms = this.#parts.clock.now();
    this.#group.launching = undefined;
  }

  #step(run: Run): void {
    const { refresh } = run;
    const alarm = refresh.status === "InProgress" ? run.ringing() : undefined;
    if (alarm !== undefined) {
      this.#fail(refresh, `The alarm ${alarm} went into ALARM.`);
      return;
    }
    const group = this.#group;
    const { desired } = group;
    const { preferences } = refresh;
    const isLeftAlone = (member: Member) => preferences.protectedInstances === "Ignore" && member.protectedFromScaleIn;
    const outdated = group.active().filter((member) => run.isOutdated(member) && !isLeftAlone(member));
    refresh.remaining = outdated.length;
    const surge = Math.min(surgeOf(preferences, desired), outdated.length);
    group.setSurge(surge);
    const ready = group.inService().filter((member) => this.#isReady(member, run));
    if (outdated.length === 0) {
      if (ready.length >= desired) this.#succeed(refresh);
      else this.#watchProgress(run, outdated, ready);
      return;
    }
    const isFree = (member: Member) => preferences.protectedInstances === "Refresh" || !member.protectedFromScaleIn;
    const least = Math.ceil((desired * preferences.minHealthyPercentage) / 100);
    // One at a time goes whatever the percentages say, once nothing is launched ahead of it.
    const victim = this.#nextVictim(outdated.filter(isFree), ready, surge > 0 ? least : Math.min(least, desired - 1));
    if (victim !== undefined) group.takeOut(victim, because.refresh(this.#parts.clock.now()));
    this.#watchProgress(run, outdated, ready);
  }

  #watchProgress(run: Run, outdated: readonly Member[], ready: readonly Member[]): void {
    const now_ms = this.#parts.clock.now();
    const seen = `${outdated.length} ${ready.length}`;
    if (seen !== run.seen) run.movedAt_ms = now_ms;
    run.seen = seen;
    if (now_ms - run.movedAt_ms < patience_ms) return;
    const isWaiting = outdated.length > 0 && outdated.every((member) => member.protectedFromScaleIn);
    const what = isWaiting ? "instances that are protected from scale in" : "new instances to become healthy";
    this.#fail(run.refresh, `The instance refresh timed out: it waited an hour for ${what}.`);
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
  #isReady(member: Member, run: Run): boolean {
    const { settings } = this.#group;
    const warmup_s = run.refresh.preferences.warmup_s ?? settings.defaultWarmup_s ?? settings.gracePeriod_s;
    const now_ms = this.#parts.clock.now();
    const inServiceAt_ms = member.inServiceAt_ms ?? now_ms;
    const isNew = !run.isOutdated(member) && inServiceAt_ms >= run.refresh.startedAt_ms;
    if (isNew && now_ms - inServiceAt_ms < warmup_s * 1000) return false;
    const { loadBalancing } = this.#parts;
    return settings.targetGroupArns.every(
      (arn) => loadBalancing.targets(arn).health(member.instanceId)?.state === "healthy",
    );
  }

  #succeed(refresh: InstanceRefresh): void {
    if (refresh.status === "RollbackInProgress") {
      this.#finish(refresh, "RollbackSuccessful", refresh.reason);
      return;
    }
    const { settings } = this.#group;
    if (refresh.desired !== undefined) this.#group.settings = { ...settings, launchTemplate: refresh.desired };
    this.#finish(refresh, "Successful", "");
  }

  #fail(refresh: InstanceRefresh, reason: string): void {
    if (refresh.status === "RollbackInProgress") this.#finish(refresh, "RollbackFailed", reason);
    else if (refresh.preferences.autoRollback) this.rollBack(reason);
    else this.#finish(refresh, "Failed", reason);
  }

  #finish(refresh: InstanceRefresh, status: Ended, reason: string): void {
    refresh.status = status;
    refresh.reason = reason;
    refresh.endedAt_ms = this.#parts.clock.now();
    this.#run = undefined;
    this.#group.launching = undefined;
    this.#group.setSurge(0);
  }

  #resolve({ id, version }: TemplateReference) {
    return this.#parts.ec2.launchTemplates.resolve(id, version);
  }
}

export function percentComplete({ total, remaining }: InstanceRefresh): number {
  return total === 0 ? 100 : Math.max(0, Math.floor(((total - remaining) / total) * 100));
}

function isOf({ launchTemplate }: Member, wanted: { readonly templateId: string; readonly version: number }): boolean {
  return launchTemplate.id === wanted.templateId && launchTemplate.version === String(wanted.version);
}

/** Instances that may be launched ahead: at least one as soon as more than all may be there. */
function surgeOf({ maxHealthyPercentage }: RefreshPreferences, desired: number): number {
  if (maxHealthyPercentage <= 100) return 0;
  return Math.max(1, Math.floor((desired * maxHealthyPercentage) / 100) - desired);
}
