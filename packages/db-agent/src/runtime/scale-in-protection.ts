import {
  AutoScalingClient,
  DescribeAutoScalingInstancesCommand,
  SetInstanceProtectionCommand,
} from "@aws-sdk/client-auto-scaling";
import { REQUEST_TIMEOUT_MS, RETRY_MAX_MS, RETRY_MIN_MS } from "../constants.ts";
import { withDeadline } from "../deadline.ts";
import { messageOf } from "../errors.ts";
import { log } from "../log.ts";
import { monotonic_ms } from "../monotonic.ts";

/**
 * Keeps the holder of the epoch from being chosen when its group shrinks: the standby goes instead. A convenience that
 * is tried again until it works; the database does not depend on it.
 */
export class ScaleInProtection {
  readonly #instanceId: string;
  readonly #client = new AutoScalingClient({ maxAttempts: 1 });
  /** `undefined`: not known. */
  #applied: boolean | undefined;
  #isBusy = false;
  #next_at_ms = 0;
  #retry_ms = RETRY_MIN_MS;

  constructor(instanceId: string) {
    this.#instanceId = instanceId;
  }

  tick(isHolder: boolean): void {
    if (isHolder === this.#applied || this.#isBusy || monotonic_ms() < this.#next_at_ms) return;
    this.#isBusy = true;
    void this.#apply(isHolder);
  }

  close(): void {
    this.#client.destroy();
  }

  async #apply(isHolder: boolean): Promise<void> {
    try {
      await withDeadline(REQUEST_TIMEOUT_MS, "Auto Scaling", (signal) => this.#set(isHolder, signal));
      this.#applied = isHolder;
      this.#retry_ms = RETRY_MIN_MS;
    } catch (error) {
      log("warn", `scale-in protection could not be set to ${isHolder}: ${messageOf(error)}`, {
        code: "protection-not-set",
        retryIn_ms: this.#retry_ms,
      });
      this.#next_at_ms = monotonic_ms() + this.#retry_ms;
      this.#retry_ms = Math.min(this.#retry_ms * 2, RETRY_MAX_MS);
    } finally {
      this.#isBusy = false;
    }
  }

  async #set(isHolder: boolean, abortSignal: AbortSignal): Promise<void> {
    const InstanceIds = [this.#instanceId];
    const { AutoScalingInstances = [] } = await this.#client.send(
      new DescribeAutoScalingInstancesCommand({ InstanceIds }),
      { abortSignal },
    );
    const [found] = AutoScalingInstances;
    // An instance of no group is shrunk by nobody.
    if (found === undefined || found.ProtectedFromScaleIn === isHolder) return;
    await this.#client.send(
      new SetInstanceProtectionCommand({
        AutoScalingGroupName: found.AutoScalingGroupName,
        InstanceIds,
        ProtectedFromScaleIn: isHolder,
      }),
      { abortSignal },
    );
    log("info", `scale-in protection of ${this.#instanceId} is ${isHolder ? "on" : "off"}`, { code: "protection-set" });
  }
}
