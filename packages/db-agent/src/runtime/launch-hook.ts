import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingInstancesCommand,
} from "@aws-sdk/client-auto-scaling";
import { READY_HOOK } from "@cloudy/contracts/ready-hook.ts";
import { REQUEST_TIMEOUT_MS, RETRY_MAX_MS, RETRY_MIN_MS } from "../constants.ts";
import { withDeadline } from "../deadline.ts";
import { messageOf } from "../errors.ts";
import { log } from "../log.ts";
import { monotonic_ms } from "../monotonic.ts";

/**
 * Tells the group that this instance may count as in service, once it could run the database. Until then the group waits, and in
 * the end replaces the instance. An agent that starts again asks whether the group still waits.
 */
export class LaunchHook {
  readonly #instanceId: string;
  readonly #client = new AutoScalingClient({ maxAttempts: 1 });
  #isDone = false;
  #isBusy = false;
  #next_at_ms = 0;
  #retry_ms = RETRY_MIN_MS;

  constructor(instanceId: string) {
    this.#instanceId = instanceId;
  }

  tick(isReady: boolean): void {
    if (!isReady || this.#isDone || this.#isBusy || monotonic_ms() < this.#next_at_ms) return;
    this.#isBusy = true;
    void this.#complete();
  }

  close(): void {
    this.#client.destroy();
  }

  async #complete(): Promise<void> {
    try {
      this.#isDone = await withDeadline(REQUEST_TIMEOUT_MS, "Auto Scaling", (signal) => this.#say(signal));
    } catch (error) {
      log("warn", `Auto Scaling could not be told that this instance is ready: ${messageOf(error)}`, {
        code: "readiness-not-told",
        retryIn_ms: this.#retry_ms,
      });
    } finally {
      this.#next_at_ms = monotonic_ms() + this.#retry_ms;
      this.#retry_ms = Math.min(this.#retry_ms * 2, RETRY_MAX_MS);
      this.#isBusy = false;
    }
  }

  /** Whether there is nothing left to say. */
  async #say(abortSignal: AbortSignal): Promise<boolean> {
    const { AutoScalingInstances = [] } = await this.#client.send(
      new DescribeAutoScalingInstancesCommand({ InstanceIds: [this.#instanceId] }),
      { abortSignal },
    );
    const [found] = AutoScalingInstances;
    // Nobody waits for an instance of no group, nor for one that was in service before its agent started again.
    if (found === undefined) return true;
    if (found.LifecycleState === "Pending") return false;
    if (found.LifecycleState !== "Pending:Wait") return true;
    await this.#client.send(
      new CompleteLifecycleActionCommand({
        AutoScalingGroupName: found.AutoScalingGroupName,
        LifecycleHookName: READY_HOOK,
        InstanceId: this.#instanceId,
        LifecycleActionResult: "CONTINUE",
      }),
      { abortSignal },
    );
    log("info", `${this.#instanceId} could run the database: the group may count it as in service`, {
      code: "readiness-told",
    });
    return true;
  }
}
