import type { InstanceRecord } from "../ec2/instance-table.ts";
import { Activities, type Activity, because, joined } from "./activities.ts";
import { chooseForTermination, nextSubnet } from "./balance.ts";
import type { GroupSettings, TemplateReference } from "./group-settings.ts";
import { faultOf } from "./health.ts";
import { LaunchHooks } from "./launch-hooks.ts";
import type { LifecycleHook } from "./lifecycle-hook.ts";
import { type GroupParts, instanceTags, type Member } from "./member.ts";

/** Time from a change to Auto Scaling's reaction, and between two looks at the health of a group. */
const reaction_ms = 2_000;
const healthCheck_ms = 15_000;
/** Pause after a launch that EC2 refused. */
const relaunch_ms = 60_000;
/** How long an instance whose lifecycle actions are complete is seen in `Pending:Proceed`. */
const proceed_ms = 1_000;

/** One Auto Scaling group: keeps as many healthy instances as desired, and says why it did what it did. */
export class ScalingGroup {
  settings: GroupSettings;
  desired: number;
  /** Instances beyond the desired capacity that an instance refresh launches first. */
  surge = 0;
  /** What an instance refresh launches from, instead of the group's own template. */
  launching: TemplateReference | undefined;
  readonly launchHooks: LaunchHooks;
  readonly members = new Map<string, Member>();
  readonly activities: Activities;
  readonly createdAt_ms: number;
  readonly #parts: GroupParts;
  #started = false;
  #pendingCause = "";
  #replacing = 0;
  #reconcileAt_ms = Number.POSITIVE_INFINITY;
  #idleTasks: (() => void)[] = [];

  constructor(settings: GroupSettings, hooks: readonly LifecycleHook[], parts: GroupParts) {
    this.settings = settings;
    this.desired = settings.desired;
    this.#parts = parts;
    this.activities = new Activities(parts.clock, parts.ids);
    this.createdAt_ms = parts.clock.now();
    this.launchHooks = new LaunchHooks(hooks, parts, ({ instanceId, result, because }) =>
      this.#hooksEnded(instanceId, result === "ABANDON" ? because : undefined),
    );
    parts.bus.on((event) => {
      if (event.kind === "instance-state") this.#observe(event.instanceId, event.state);
    });
  }

  get started(): boolean {
    return this.#started;
  }

  /** Instances that count towards the capacity. */
  active(): readonly Member[] {
    return [...this.members.values()].filter((member) => member.lifecycle !== "Terminating");
  }

  inService(): readonly Member[] {
    return [...this.members.values()].filter((member) => member.lifecycle === "InService");
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#pendingCause = because.created(this.#now(), this.desired);
    this.#schedule(0);
    this.#parts.clock.every(healthCheck_ms, () => this.#checkHealth());
  }

  /** `cause` is the sentence that explains the change; `done` runs when all activities it leads to are over. */
  setDesired(desired: number, cause: string, done?: () => void): void {
    this.desired = desired;
    this.#pendingCause = cause;
    if (done !== undefined) this.#idleTasks.push(done);
    this.#schedule(reaction_ms);
  }

  setSurge(surge: number): void {
    if (surge === this.surge) return;
    this.surge = surge;
    this.#schedule(0);
  }

  /** Marks an instance unhealthy, with the check that says so; it is replaced. */
  replace(member: Member, check: string): void {
    if (member.lifecycle === "Terminating") return;
    member.health = "Unhealthy";
    this.#replacing += 1;
    this.takeOut(member, because.unhealthy(this.#now(), check));
    this.#schedule(0);
  }

  /** Deregisters, waits for the connections to drain, terminates. */
  takeOut(member: Member, cause: string, why = "The instance was taken out before it was in service."): void {
    if (member.lifecycle === "Terminating") return;
    const wasLaunching = member.activity.endedAt_ms === undefined;
    if (wasLaunching) this.activities.end(member.activity, "Cancelled", why);
    this.launchHooks.forget(member.instanceId);
    member.lifecycle = "Terminating";
    const targetGroups = this.settings.targetGroupArns.map((arn) => this.#parts.loadBalancing.targets(arn));
    const draining = targetGroups.filter((targets) => targets.health(member.instanceId) !== undefined);
    const description = `Terminating EC2 instance: ${member.instanceId}`;
    member.activity = this.#begin(member, cause, {
      description: draining.length > 0 ? `${description} - Waiting For ELB Connection Draining.` : description,
      status: draining.length > 0 ? "WaitingForELBConnectionDraining" : "InProgress",
    });
    const activity = member.activity;
    let open = draining.length;
    const drained = () => {
      open -= 1;
      if (open > 0) return;
      activity.description = description;
      activity.status = "InProgress";
      this.#terminate(member);
    };
    for (const targets of draining) targets.deregister(member.instanceId, drained);
    if (draining.length === 0) this.#terminate(member);
  }

  /** Acts later, so that all changes of one moment are answered together. */
  #schedule(delay_ms: number): void {
    if (!this.#started) return;
    const due_ms = this.#now() + delay_ms;
    if (due_ms >= this.#reconcileAt_ms) return;
    this.#reconcileAt_ms = due_ms;
    this.#parts.clock.after(delay_ms, () => {
      if (this.#reconcileAt_ms !== due_ms) return;
      this.#reconcileAt_ms = Number.POSITIVE_INFINITY;
      this.#reconcile();
    });
  }

  #reconcile(): void {
    const from = this.active().length;
    const to = this.desired + this.surge;
    if (from < to) for (let count = from; count < to; count += 1) if (!this.#launch(from, to)) break;
    if (from > to) for (let count = from; count > to; count -= 1) this.#shrink(from, to);
    this.#pendingCause = "";
    this.#replacing = 0;
    this.#settleIdle();
  }

  #launch(from: number, to: number): boolean {
    const { ec2 } = this.#parts;
    const subnets = this.settings.subnetIds.map((id) => ec2.subnets.get(id));
    const subnet = nextSubnet(
      subnets,
      this.active().map((member) => member.availabilityZone),
    );
    const isReplacement = this.#replacing > 0 && this.#pendingCause === "";
    if (isReplacement) this.#replacing -= 1;
    const now_ms = this.#now();
    const cause = isReplacement
      ? because.replacement(now_ms)
      : joined(this.#pendingCause, because.started(now_ms, from, to));
    try {
      if (subnet === undefined) throw new Error(`Group ${this.settings.name} has no subnet to launch in.`);
      const { id, version } = this.launching ?? this.settings.launchTemplate;
      const template = ec2.launchTemplates.resolve(id, version);
      const tags = instanceTags(this.settings, template);
      const instance = ec2.instances.launch({ template, subnetId: subnet.id, tags });
      this.#join(
        instance,
        { id: template.templateId, name: template.templateName, version: String(template.version) },
        cause,
      );
      return true;
    } catch (error) {
      this.#refused(cause, error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  #join(instance: InstanceRecord, launchTemplate: Member["launchTemplate"], cause: string): void {
    const place = { instanceId: instance.id, availabilityZone: instance.availabilityZone };
    const description = `Launching a new EC2 instance: ${instance.id}`;
    this.members.set(instance.id, {
      ...place,
      launchTemplate,
      launchTemplateVersion: Number(launchTemplate.version),
      launchTime_ms: instance.launchTime_ms,
      instanceType: instance.instanceType,
      lifecycle: "Pending",
      health: "Healthy",
      protectedFromScaleIn: this.settings.protectFromScaleIn,
      inServiceAt_ms: undefined,
      activity: this.#begin(place, cause, { description, status: "PreInService" }),
    });
  }

  #refused(cause: string, message: string): void {
    const { name } = this.settings;
    const nowhere = { instanceId: "", availabilityZone: "" };
    const description = `Launching a new EC2 instance.  Status Reason: ${message}`;
    const activity = this.#begin(nowhere, cause, { description, status: "InProgress" });
    this.activities.end(activity, "Failed", message);
    this.#tell("", "EC2 Instance Launch Unsuccessful", cause);
    this.#parts.bus.emit({
      kind: "trace",
      source: "auto-scaling",
      sentence: `Group ${name} could not launch: ${message}`,
    });
    this.#schedule(relaunch_ms);
  }

  #shrink(from: number, to: number): void {
    const victim = chooseForTermination(this.active());
    const member = victim && this.members.get(victim.instanceId);
    // All are protected: AWS leaves the group above its desired capacity, too.
    if (member === undefined) return;
    const now_ms = this.#now();
    const selected = because.selected(now_ms, member.instanceId);
    this.takeOut(member, joined(this.#pendingCause, because.shrunk(now_ms, from, to), selected));
  }

  #terminate(member: Member): void {
    const instance = this.#parts.ec2.instances.find(member.instanceId);
    if (instance === undefined || instance.state === "terminated") this.#gone(member);
    else
      this.#parts.ec2.instances.terminate(
        member.instanceId,
        "shutdown",
        "Client.UserInitiatedShutdown: User initiated shutdown",
      );
  }

  #observe(instanceId: string, state: string): void {
    const member = this.members.get(instanceId);
    if (member === undefined) return;
    if (state === "running" && member.lifecycle === "Pending") this.#launched(member);
    if (state === "terminated" && member.lifecycle === "Terminating" && member.activity.status === "InProgress") {
      this.#gone(member);
    }
  }

  #launched(member: Member): void {
    const { instanceId } = member;
    const actions = this.launchHooks.begin(instanceId);
    if (actions.length === 0) {
      this.#enterService(member);
      return;
    }
    member.lifecycle = "Pending:Wait";
    for (const { hook, token } of actions) {
      const action = { groupName: this.settings.name, instanceId, hookName: hook.name, token };
      this.#parts.bus.emit({ kind: "lifecycle-action", ...action });
    }
  }

  #hooksEnded(instanceId: string, abandoned: string | undefined): void {
    const member = this.members.get(instanceId);
    if (member?.lifecycle !== "Pending:Wait") return;
    if (abandoned === undefined) {
      member.lifecycle = "Pending:Proceed";
      this.#parts.clock.after(proceed_ms, () => {
        if (member.lifecycle === "Pending:Proceed") this.#enterService(member);
      });
      return;
    }
    const message = `Instance failed to complete user's Lifecycle Action: ${abandoned}`;
    this.takeOut(member, because.abandoned(this.#now(), instanceId), message);
    this.#tell(instanceId, "EC2 Instance Launch Unsuccessful", message);
    this.#schedule(0);
  }

  #enterService(member: Member): void {
    member.lifecycle = "InService";
    member.inServiceAt_ms = this.#now();
    for (const arn of this.settings.targetGroupArns) this.#parts.loadBalancing.register(arn, member.instanceId);
    this.activities.end(member.activity, "Successful");
    this.#tell(member.instanceId, "EC2 Instance Launch Successful", member.activity.cause);
    this.#settleIdle();
  }

  #gone(member: Member): void {
    this.activities.end(member.activity, "Successful");
    this.members.delete(member.instanceId);
    this.#tell(member.instanceId, "EC2 Instance Terminate Successful", member.activity.cause);
    this.#schedule(0);
    this.#settleIdle();
  }

  #checkHealth(): void {
    for (const member of this.active()) {
      const fault = faultOf(member, this.settings, this.#parts);
      if (fault !== undefined) this.replace(member, fault);
    }
  }

  #settleIdle(): void {
    const isOpen = this.activities.inProgress() || this.#reconcileAt_ms !== Number.POSITIVE_INFINITY;
    if (isOpen || this.active().length !== this.desired + this.surge) return;
    for (const task of this.#idleTasks.splice(0)) task();
  }

  #begin(
    place: { readonly instanceId: string; readonly availabilityZone: string },
    cause: string,
    state: Pick<Activity, "description" | "status">,
  ): Activity {
    const { name } = this.settings;
    const subnetId = this.#parts.ec2.instances.find(place.instanceId)?.subnetId;
    const sentence = `${name}: ${state.description.replace(/\.$/, "")}. ${cause}`;
    this.#parts.bus.emit({ kind: "trace", source: "auto-scaling", sentence });
    return this.activities.begin({
      groupName: name,
      instanceId: place.instanceId || undefined,
      availabilityZone: place.availabilityZone || undefined,
      subnetId,
      cause,
      ...state,
    });
  }

  #tell(instanceId: string, detailType: string, cause: string): void {
    const groupName = this.settings.name;
    this.#parts.bus.emit({ kind: "scaling-activity", groupName, instanceId, detailType, cause });
  }

  #now(): number {
    return this.#parts.clock.now();
  }
}
