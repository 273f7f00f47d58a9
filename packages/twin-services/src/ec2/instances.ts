import type { Bus } from "@cloudy/twin-model/bus.ts";
import type { Cancel, Clock } from "@cloudy/twin-model/clock.ts";
import type { Identifiers } from "@cloudy/twin-model/identifiers.ts";
import type { Instance, InstanceState } from "@cloudy/twin-model/instance.ts";
import type { InstanceRuntime } from "@cloudy/twin-model/instance-runtime.ts";
import type { NetworkInterface } from "@cloudy/twin-model/network.ts";
import { AwsError } from "@cloudy/twin-wire/operation.ts";
import type { InstanceRecord, InstanceTable } from "./instance-table.ts";
import type { InterfaceRecord, Interfaces } from "./interfaces.ts";
import type { LaunchTemplateVersion } from "./launch-templates.ts";
import type { Subnets } from "./subnets.ts";
import { timing } from "./timing.ts";

export interface LaunchRequest {
  readonly template: LaunchTemplateVersion;
  readonly subnetId: string;
  readonly tags: Readonly<Record<string, string>>;
}

export type HaltMode = "shutdown" | "power-off";

interface Parts {
  readonly clock: Clock;
  readonly bus: Bus;
  readonly ids: Identifiers;
  readonly table: InstanceTable;
  readonly interfaces: Interfaces;
  readonly subnets: Subnets;
  readonly runtime: InstanceRuntime;
}

/** The lifecycle of instances: what EC2 promises of each state, with a runtime that does the work. */
export class Instances {
  readonly #parts: Parts;
  /** What is under way for an instance; a newer transition makes an older one's result irrelevant. */
  readonly #transitions = new Map<string, number>();
  readonly #timers = new Map<string, Cancel>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  all(): readonly InstanceRecord[] {
    return this.#parts.table.all();
  }

  find(id: string): InstanceRecord | undefined {
    return this.#parts.table.find(id);
  }

  get(id: string): InstanceRecord {
    return this.#parts.table.get(id);
  }

  primary(id: string): InterfaceRecord | undefined {
    return this.#parts.interfaces.of(id).find((item) => item.attachment?.deviceIndex === 0);
  }

  launch({ template, subnetId, tags }: LaunchRequest): InstanceRecord {
    const { ids, table, interfaces, subnets, clock } = this.#parts;
    const subnet = subnets.get(subnetId);
    const wantsPublicIp = template.publicIp ?? subnet.publicIpOnLaunch;
    const groups = template.securityGroupIds;
    const primary = interfaces.create({ subnetId, securityGroupIds: groups, description: "", publicIp: wantsPublicIp });
    const instance: InstanceRecord = {
      id: ids.resource("i"),
      instanceType: template.instanceType,
      imageId: template.imageId,
      launchTemplateId: template.templateId,
      launchTemplateVersion: String(template.version),
      subnetId,
      availabilityZone: subnet.availabilityZone,
      userData: template.userData,
      roleArn: template.roleArn,
      instanceProfileArn: template.instanceProfileArn,
      tags: { ...template.instanceTags, ...tags },
      detailedMonitoring: template.detailedMonitoring,
      metadata: template.metadata,
      launchTime_ms: clock.now(),
      state: "pending",
      stateReason: "",
      status: "initializing",
      amiLaunchIndex: 0,
      reservationId: ids.resource("r"),
      blockDevices: template.blockDevices,
      wantsPublicIp,
      stateTransitionReason: "",
      statusSince_ms: clock.now(),
      terminatedAt_ms: undefined,
    };
    table.add(instance);
    interfaces.attach(primary.id, instance.id, 0, true);
    this.#enter(instance, "pending");
    this.#startUp(instance);
    return instance;
  }

  terminate(id: string, how: HaltMode, reason: string): void {
    const instance = this.get(id);
    if (instance.state === "shutting-down" || instance.state === "terminated") return;
    this.#halt(instance, { via: "shutting-down", to: "terminated", how, reason });
  }

  stop(id: string, how: HaltMode): void {
    const instance = this.get(id);
    if (instance.state === "stopping" || instance.state === "stopped") return;
    if (instance.state !== "running") this.#refuse(instance, "stopped");
    const reason = "Client.UserInitiatedShutdown: User initiated shutdown";
    this.#halt(instance, { via: "stopping", to: "stopped", how, reason });
  }

  start(id: string): void {
    const instance = this.get(id);
    if (instance.state === "running" || instance.state === "pending") return;
    if (instance.state !== "stopped") this.#refuse(instance, "started");
    const primary = this.primary(id);
    if (primary !== undefined && instance.wantsPublicIp) this.#parts.interfaces.setAutomaticPublicIp(primary.id, true);
    instance.stateReason = "";
    instance.stateTransitionReason = "";
    this.#enter(instance, "pending");
    this.#startUp(instance);
  }

  /** The machine keeps its host and addresses; only its operating system starts anew. */
  reboot(id: string): void {
    const instance = this.get(id);
    if (instance.state !== "running") this.#refuse(instance, "rebooted");
    const transition = this.#begin(instance);
    this.#setStatus(instance, "initializing");
    this.#parts.runtime
      .halt(id, "shutdown")
      .catch((error: unknown) => this.#trace(`Instance ${id} did not shut down cleanly: ${sentenceOf(error)}`))
      .then(() => {
        if (this.#isCurrent(instance, transition)) this.#boot(instance, transition);
      });
  }

  /** Called by what runs the instance when its operating system stops answering, or answers again. */
  reportStatus(id: string, status: "ok" | "impaired"): void {
    const instance = this.get(id);
    if (instance.state === "running" && instance.status !== "initializing") this.#setStatus(instance, status);
  }

  #startUp(instance: InstanceRecord): void {
    const transition = this.#begin(instance);
    this.#setStatus(instance, "initializing");
    this.#later(instance, timing.pending_ms, () => {
      this.#enter(instance, "running");
      this.#boot(instance, transition);
    });
  }

  #boot(instance: InstanceRecord, transition: number): void {
    const primary: NetworkInterface | undefined = this.primary(instance.id);
    if (primary === undefined) throw new Error(`Instance ${instance.id} has no primary interface to boot with.`);
    const started_ms = this.#parts.clock.now();
    this.#parts.runtime
      .boot(instance, primary)
      .catch((error: unknown) => {
        // As on AWS: what fails in user data is no failure of the machine; the status checks pass all the same.
        if (this.#isCurrent(instance, transition)) {
          this.#trace(`User data of instance ${instance.id} failed: ${sentenceOf(error)}`);
        }
      })
      .then(() => {
        if (!this.#isCurrent(instance, transition)) return;
        const elapsed_ms = this.#parts.clock.now() - started_ms;
        this.#later(instance, Math.max(0, timing.statusChecks_ms - elapsed_ms), () => this.#setStatus(instance, "ok"));
      });
  }

  #halt(
    instance: InstanceRecord,
    change: { via: InstanceState; to: "stopped" | "terminated"; how: HaltMode; reason: string },
  ): void {
    const { clock } = this.#parts;
    const wasMachine = instance.state === "running" || instance.state === "stopping";
    const transition = this.#begin(instance);
    instance.stateReason = change.reason;
    instance.stateTransitionReason = `User initiated (${new Date(clock.now()).toISOString().slice(0, 19).replace("T", " ")} GMT)`;
    this.#enter(instance, change.via);
    const least_ms = change.how === "power-off" ? timing.powerOff_ms : timing.shutdown_ms;
    const started_ms = clock.now();
    const halted = wasMachine ? this.#parts.runtime.halt(instance.id, change.how) : Promise.resolve();
    halted
      .catch((error: unknown) => this.#trace(`Instance ${instance.id} did not halt cleanly: ${sentenceOf(error)}`))
      .then(() => {
        if (!this.#isCurrent(instance, transition)) return;
        const left_ms = Math.max(0, least_ms - (clock.now() - started_ms));
        this.#later(instance, left_ms, () => this.#settle(instance, change.to));
      });
  }

  #settle(instance: InstanceRecord, state: "stopped" | "terminated"): void {
    const { clock, table, interfaces } = this.#parts;
    if (state === "terminated") {
      instance.terminatedAt_ms = clock.now();
      interfaces.releaseFrom(instance.id);
      this.#later(instance, timing.terminatedVisible_ms, () => table.remove(instance.id));
    } else {
      const primary = this.primary(instance.id);
      if (primary !== undefined) interfaces.setAutomaticPublicIp(primary.id, false);
    }
    this.#enter(instance, state);
  }

  #enter(instance: InstanceRecord, state: InstanceState): void {
    instance.state = state;
    this.#parts.bus.emit({ kind: "instance-state", instanceId: instance.id, state });
    this.#parts.bus.emit({ kind: "network-changed" });
  }

  #setStatus(instance: InstanceRecord, status: Instance["status"]): void {
    instance.status = status;
    instance.statusSince_ms = this.#parts.clock.now();
  }

  #begin(instance: InstanceRecord): number {
    this.#timers.get(instance.id)?.();
    const transition = (this.#transitions.get(instance.id) ?? 0) + 1;
    this.#transitions.set(instance.id, transition);
    return transition;
  }

  #isCurrent(instance: InstanceRecord, transition: number): boolean {
    return this.#transitions.get(instance.id) === transition;
  }

  #later(instance: InstanceRecord, delay_ms: number, task: () => void): void {
    this.#timers.set(instance.id, this.#parts.clock.after(delay_ms, task));
  }

  #refuse(instance: InstanceRecord, wanted: string): never {
    throw new AwsError(
      "IncorrectInstanceState",
      `The instance '${instance.id}' is not in a state from which it can be ${wanted}: it is ${instance.state}.`,
    );
  }

  #trace(sentence: string): void {
    this.#parts.bus.emit({ kind: "trace", source: "ec2", sentence });
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
