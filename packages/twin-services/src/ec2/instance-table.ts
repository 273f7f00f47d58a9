import type { Instance } from "@cloudy/twin-model/instance.ts";
import { notFound } from "./errors.ts";
import type { BlockDevice } from "./launch-templates.ts";

export interface InstanceRecord extends Instance {
  readonly amiLaunchIndex: number;
  readonly reservationId: string;
  readonly blockDevices: readonly BlockDevice[];
  readonly wantsPublicIp: boolean;
  stateTransitionReason: string;
  statusSince_ms: number;
  terminatedAt_ms: number | undefined;
}

/** Every instance that EC2 still shows, with its state; its lifecycle (instances.ts) fills it. */
export class InstanceTable {
  readonly #instances = new Map<string, InstanceRecord>();

  all(): readonly InstanceRecord[] {
    return [...this.#instances.values()];
  }

  find(id: string): InstanceRecord | undefined {
    return this.#instances.get(id);
  }

  get(id: string): InstanceRecord {
    return this.#instances.get(id) ?? notFound("InvalidInstanceID.NotFound", "instance", id);
  }

  add(instance: InstanceRecord): void {
    this.#instances.set(instance.id, instance);
  }

  remove(id: string): void {
    this.#instances.delete(id);
  }
}
