import type { Instance } from "./instance.ts";
import type { NetworkInterface } from "./network.ts";

/** Brings instances to life. `live` interprets the cloud-config and runs real processes. */
export interface InstanceRuntime {
  /** Resolves when the operating system is up and user data ran. Rejects with what was wrong in the user data. */
  boot(instance: Instance, primary: NetworkInterface): Promise<void>;
  /** `shutdown` stops the units in order (SIGTERM, then SIGKILL after TimeoutStopSec); `power-off` is a SIGKILL of all. */
  halt(instanceId: string, how: "shutdown" | "power-off"): Promise<void>;
  /** CPU seconds used since boot and the vCPU capacity in CPU seconds per wall second (both of the host's clock). */
  cpu(instanceId: string): { readonly used_s: number; readonly wall_s: number; readonly share: number };
}

/** What an instance's boot may change in EC2's view of it. */
export interface InstanceHooks {
  addAddress(instanceId: string, address: string): void;
  enableForwarding(instanceId: string): void;
}
