import type { Bus } from "@cloudy/twin-model/bus.ts";
import type { Cancel, Clock } from "@cloudy/twin-model/clock.ts";
import type { HealthProber, HealthResult, Target } from "@cloudy/twin-model/load-balancer.ts";
import { nextHealth, registered, type TargetGroupSettings, type TargetHealth } from "./target-group.ts";

interface Entry {
  readonly target: Target;
  health: TargetHealth;
  checking: boolean;
  cancel: Cancel;
}

interface Parts {
  readonly clock: Clock;
  readonly bus: Bus;
  readonly prober: HealthProber;
  /** The load balancer whose nodes send the checks, if a listener forwards to this group. */
  readonly loadBalancerArn: string | undefined;
}

/** The targets of one group: registration, health checks, draining. */
export class Targets {
  readonly settings: TargetGroupSettings;
  readonly #parts: Parts;
  readonly #entries = new Map<string, Entry>();

  constructor(settings: TargetGroupSettings, parts: Parts) {
    this.settings = settings;
    this.#parts = parts;
  }

  all(): readonly { readonly target: Target; readonly health: TargetHealth }[] {
    return [...this.#entries.values()];
  }

  health(instanceId: string): TargetHealth | undefined {
    return this.#entries.get(instanceId)?.health;
  }

  /** Where new requests go. With no healthy target the load balancer fails open: the unhealthy ones are tried. */
  taking(): readonly Target[] {
    const entries = [...this.#entries.values()];
    const inState = (state: string) => entries.filter((entry) => entry.health.state === state);
    const healthy = inState("healthy");
    return (healthy.length > 0 ? healthy : inState("unhealthy")).map((entry) => entry.target);
  }

  register(target: Target): void {
    const known = this.#entries.get(target.instanceId);
    if (known !== undefined && known.health.state !== "draining") return;
    known?.cancel();
    const entry: Entry = { target, health: registered, checking: false, cancel: () => undefined };
    this.#entries.set(target.instanceId, entry);
    this.#announce(entry);
    // The first check is sent as soon as the registration is known to the nodes, not an interval later.
    const cancelFirst = this.#parts.clock.after(1000, () => this.#check(entry));
    const cancelOthers = this.#parts.clock.every(this.settings.interval_s * 1000, () => this.#check(entry));
    entry.cancel = () => {
      cancelFirst();
      cancelOthers();
    };
  }

  /** No new requests; `done` runs once requests under way had the deregistration delay to finish. */
  deregister(instanceId: string, done: () => void = () => undefined): void {
    const entry = this.#entries.get(instanceId);
    if (entry === undefined || entry.health.state === "draining") {
      done();
      return;
    }
    entry.cancel();
    const wasUsed = entry.health.state !== "unused";
    entry.health = {
      ...entry.health,
      state: "draining",
      reason: "Target.DeregistrationInProgress",
      description: "Target deregistration is in progress",
    };
    this.#announce(entry);
    const delay_ms = wasUsed ? this.settings.deregistrationDelay_s * 1000 : 0;
    entry.cancel = this.#parts.clock.after(delay_ms, () => {
      this.#entries.delete(instanceId);
      this.#tell(instanceId, "unused", "Target.NotRegistered");
      done();
    });
  }

  /** A target whose instance is not running takes no requests and is not checked. */
  suspend(instanceId: string, state: string): void {
    const entry = this.#entries.get(instanceId);
    if (entry === undefined || entry.health.state === "draining" || entry.health.state === "unused") return;
    const description = `Target is in the ${state} state`;
    entry.health = { ...registered, state: "unused", reason: "Target.InvalidState", description };
    this.#announce(entry);
  }

  resume(instanceId: string): void {
    const entry = this.#entries.get(instanceId);
    if (entry?.health.state !== "unused") return;
    entry.health = registered;
    this.#announce(entry);
  }

  /** Sends a check unless the last one is still on its way; results of the past are dropped. */
  #check(entry: Entry): void {
    const { loadBalancerArn, prober } = this.#parts;
    if (entry.checking || entry.health.state === "unused" || loadBalancerArn === undefined) return;
    entry.checking = true;
    prober
      .check(loadBalancerArn, entry.target, this.settings.check)
      .catch(failedCheck)
      .then((result) => {
        entry.checking = false;
        if (this.#entries.get(entry.target.instanceId) !== entry) return;
        const before = entry.health;
        entry.health = nextHealth(before, result, this.settings);
        if (entry.health.state !== before.state) this.#announce(entry);
      });
  }

  #announce(entry: Entry): void {
    this.#tell(entry.target.instanceId, entry.health.state, entry.health.description || entry.health.reason);
  }

  #tell(instanceId: string, state: string, reason: string): void {
    this.#parts.bus.emit({ kind: "target-health", targetGroupArn: this.settings.arn, instanceId, state, reason });
  }
}

/** A check that could not even be sent. */
function failedCheck(error: unknown): HealthResult {
  const reason = error instanceof Error ? error.message : String(error);
  return { ok: false, reason, code: "Target.FailedHealthChecks" };
}
