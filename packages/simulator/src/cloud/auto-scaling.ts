import { BOOT_MS, REPLACE_MS } from "../constants.ts";
import type { Random } from "../engine/random.ts";
import type { Stage } from "../engine/stage.ts";
import type { Zone } from "../machine/host.ts";
import { type Ec2, type Instance, stateOf } from "./ec2.ts";

/** The database's Auto Scaling group: keeps its number of instances over the zones that work. */
export class AutoScaling {
  desired: number;
  readonly lostZones = new Set<Zone>();
  readonly #stage: Stage;
  readonly #ec2: Ec2;
  readonly #random: Random;
  #isPlanned = false;

  constructor(stage: Stage, ec2: Ec2, desired: number) {
    this.#stage = stage;
    this.#ec2 = ec2;
    this.#random = stage.random("auto-scaling");
    this.desired = desired;
  }

  /** The group's first instances, booted within moments of each other. */
  begin(): void {
    for (let index = 0; index < this.desired; index += 1) this.#launch();
  }

  reconcileSoon(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#stage.timeline.after(this.#random.between(REPLACE_MS.min, REPLACE_MS.max), () => {
      this.#isPlanned = false;
      this.#reconcile();
    });
  }

  /** Replaces every instance, one after the other, each once its successor has had time to boot. */
  refresh(pause_ms: number): void {
    const old = this.members();
    old.forEach((instance, index) => {
      this.#stage.timeline.after(index * pause_ms, () => this.#ec2.terminateGently(instance));
    });
  }

  members(): readonly Instance[] {
    return [...this.#ec2.instances.values()].filter((instance) => {
      const state = stateOf(instance);
      return state === "pending" || state === "running";
    });
  }

  #reconcile(): void {
    for (const instance of this.members()) {
      if (instance.isImpaired) this.#ec2.terminate(instance);
    }
    const members = this.members();
    for (let missing = this.desired - members.length; missing > 0; missing -= 1) this.#launch();
    const surplus = members.length - this.desired;
    for (const instance of members.slice(0, Math.max(0, surplus))) this.#ec2.terminateGently(instance);
  }

  /** Into the working zone with the fewest members. */
  #launch(): void {
    const zones = (["a", "b"] as const).filter((zone) => !this.lostZones.has(zone));
    const count = (zone: Zone) => this.members().filter((instance) => instance.machine.zone === zone).length;
    const zone = zones.toSorted((x, y) => count(x) - count(y))[0];
    if (zone === undefined) this.reconcileSoon();
    else this.#ec2.launch(zone, this.#random.between(BOOT_MS.min, BOOT_MS.max));
  }
}
