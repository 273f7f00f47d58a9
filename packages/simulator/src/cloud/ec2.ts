import { FORGET_MS, IMPAIRED_MS, LAST_PACKET_MS, TERMINATION_MS } from "../constants.ts";
import type { Random } from "../engine/random.ts";
import type { Stage } from "../engine/stage.ts";
import type { EfsServer } from "../files/efs-server.ts";
import type { Zone } from "../machine/host.ts";
import { Machine } from "../machine/machine.ts";

export type InstanceState = "pending" | "running" | "shutting-down" | "terminated";

export interface Instance {
  readonly id: string;
  readonly ip: string;
  readonly machine: Machine;
  /** Since when it has been in which state. */
  readonly states: { readonly at_ms: number; readonly state: InstanceState }[];
  sourceDestCheck: boolean;
  isImpaired: boolean;
  /** The failover function ended it. */
  isFenced: boolean;
}

export interface Ec2Hooks {
  /** A postgres is about to start on one of the machines. */
  beforeSpawn(machine: Machine): void;
  /** The failover function is about to end an instance. */
  beforeFence(instance: Instance): void;
  onStateChanged(): void;
  /** The status checks think otherwise of an instance than before. */
  onHealthChanged(): void;
}

/** EC2's control plane: what it is told at once, what it says of it later. */
export class Ec2 {
  readonly instances = new Map<string, Instance>();
  /** Terminations take minutes while the hosts are in trouble. */
  areTerminationsSlow = false;
  readonly #stage: Stage;
  readonly #efs: EfsServer;
  readonly #hooks: Ec2Hooks;
  readonly #random: Random;
  #launched = 0;

  constructor(stage: Stage, efs: EfsServer, hooks: Ec2Hooks) {
    this.#stage = stage;
    this.#efs = efs;
    this.#hooks = hooks;
    this.#random = stage.random("ec2");
  }

  machines(): readonly Machine[] {
    return [...this.instances.values()].map(({ machine }) => machine);
  }

  launch(zone: Zone, boot_ms: number): Instance {
    this.#launched += 1;
    const id = `i-${this.#launched}`;
    const machine = new Machine(this.#stage, this.#efs, id, zone, (starting) => this.#hooks.beforeSpawn(starting));
    const instance: Instance = {
      id,
      ip: `10.0.${zone === "a" ? 1 : 3}.${this.#launched}`,
      machine,
      states: [{ at_ms: this.#stage.timeline.now_ms, state: "pending" }],
      sourceDestCheck: true,
      isImpaired: false,
      isFenced: false,
    };
    this.instances.set(id, instance);
    this.#stage.say(id, "launched", `in zone ${zone}`);
    this.#stage.timeline.after(5_000, () => {
      if (stateOf(instance) === "pending") this.#enter(instance, "running");
    });
    machine.boot(boot_ms);
    return instance;
  }

  /** At once and hard, as with Force and SkipOsShutdown: the machine runs on for a part of the time it takes. */
  terminate(instance: Instance): void {
    if (hasEnded(instance)) return;
    this.#enter(instance, "shutting-down");
    const { min, max } = this.areTerminationsSlow ? TERMINATION_MS.slow : TERMINATION_MS.usual;
    const duration_ms = this.#random.skewed(min, max);
    const dies_ms = this.#random.between(0, duration_ms - LAST_PACKET_MS);
    this.#stage.timeline.after(dies_ms, () => instance.machine.powerOff());
    this.#stage.timeline.after(duration_ms, () => this.#ended(instance));
  }

  /** The operating system shuts down first, as when Auto Scaling ends an instance. */
  terminateGently(instance: Instance): void {
    if (hasEnded(instance)) return;
    this.#enter(instance, "shutting-down");
    const patience_ms = this.#random.between(20_000, 120_000);
    instance.machine.shutDown(patience_ms);
    const end = () => {
      instance.machine.powerOff();
      this.#stage.timeline.after(this.#random.between(LAST_PACKET_MS, 20_000), () => this.#ended(instance));
    };
    const started_ms = this.#stage.timeline.now_ms;
    const look = () => {
      const isDone = instance.machine.agent === undefined || this.#stage.timeline.now_ms - started_ms >= patience_ms;
      if (isDone) end();
      else this.#stage.timeline.after(1_000, look);
    };
    this.#stage.timeline.after(1_000, look);
  }

  /** The failover function ends an instance. */
  fence(id: string): void {
    const instance = this.instances.get(id);
    if (instance === undefined) return;
    this.#hooks.beforeFence(instance);
    this.#stage.say("failover", "fence", id);
    instance.isFenced = true;
    this.terminate(instance);
  }

  disableSourceDestCheck(id: string): void {
    const instance = this.instances.get(id);
    if (instance !== undefined) instance.sourceDestCheck = false;
    this.#stage.changed();
  }

  /** The machine stopped working: the status checks find out. */
  watchHealth(instance: Instance): void {
    this.#stage.timeline.after(this.#random.between(IMPAIRED_MS.min, IMPAIRED_MS.max), () => {
      const isImpaired = !instance.machine.kernel.isRunning && stateOf(instance) === "running";
      if (isImpaired === instance.isImpaired) return;
      instance.isImpaired = isImpaired;
      if (isImpaired) this.#stage.say(instance.id, "impaired", "says EC2");
      this.#stage.changed();
      this.#hooks.onHealthChanged();
    });
  }

  #ended(instance: Instance): void {
    instance.machine.powerOff();
    this.#enter(instance, "terminated");
    this.#stage.timeline.after(FORGET_MS, () => {
      this.#stage.changed();
      this.instances.delete(instance.id);
    });
  }

  #enter(instance: Instance, state: InstanceState): void {
    instance.states.push({ at_ms: this.#stage.timeline.now_ms, state });
    this.#stage.say(instance.id, state, "says EC2");
    this.#stage.changed();
    this.#hooks.onStateChanged();
  }
}

export function hasEnded(instance: Instance): boolean {
  const state = stateOf(instance);
  return state === "shutting-down" || state === "terminated";
}

/** Its state now, or as it was at `at_ms`; `undefined` before its launch. */
export function stateOf(instance: Instance, at_ms = Number.POSITIVE_INFINITY): InstanceState | undefined {
  return instance.states.findLast((entry) => entry.at_ms <= at_ms)?.state;
}
