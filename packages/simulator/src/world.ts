import { Invariants } from "./checks/invariants.ts";
import { Writers } from "./checks/writers.ts";
import { AutoScaling } from "./cloud/auto-scaling.ts";
import { ControlPlaneTrouble } from "./cloud/control-plane-trouble.ts";
import { Ec2 } from "./cloud/ec2.ts";
import { Lambda } from "./cloud/lambda.ts";
import { Network } from "./cloud/network.ts";
import type { CodeUnderTest } from "./code-under-test.ts";
import { Random } from "./engine/random.ts";
import { Timeline } from "./engine/timeline.ts";
import type { TraceLine } from "./engine/trace.ts";
import { Faults } from "./faults/faults.ts";
import { EfsServer } from "./files/efs-server.ts";
import type { Machine } from "./machine/machine.ts";
import type { Fault } from "./plan/fault-plan.ts";

export interface WorldOptions {
  readonly seed: number;
  readonly code: CodeUnderTest;
  /** Leave out what is certain to change nothing. */
  readonly skips: boolean;
  readonly onTrace: ((line: TraceLine) => void) | undefined;
  readonly instances: number;
  readonly faults: readonly Fault[];
}

/** Everything of one history: time, the cloud, the machines, the clients, and what must hold. */
export class World {
  readonly seed: number;
  readonly code: CodeUnderTest;
  readonly skips: boolean;
  readonly timeline = new Timeline();
  readonly network = new Network();
  readonly efs = new EfsServer(() => this.disturb());
  readonly grantKey = "5a".repeat(32);
  readonly trouble: ControlPlaneTrouble;
  readonly ec2: Ec2;
  readonly autoScaling: AutoScaling;
  readonly lambda: Lambda;
  readonly writers: Writers;
  readonly invariants: Invariants;
  readonly faults: Faults;
  /** Route table -> target of the virtual IP. */
  readonly routes = new Map<string, string | undefined>([
    ["rtb-public", undefined],
    ["rtb-private", undefined],
  ]);
  readonly routeTableTags = new Map<string, Map<string, string>>();
  /** The group has one instance: no standby. */
  readonly isSingle: boolean;
  /** Counts everything that the failover function could see. */
  revision = 0;
  readonly #onTrace: WorldOptions["onTrace"];
  readonly #said = new Map<string, string>();
  #tokens = 0;
  #resumed = false;
  #error: unknown;

  constructor(options: WorldOptions) {
    this.seed = options.seed;
    this.code = options.code;
    this.skips = options.skips;
    this.isSingle = options.instances === 1;
    this.#onTrace = options.onTrace;
    this.trouble = new ControlPlaneTrouble(new Random(options.seed, "control plane"));
    this.ec2 = new Ec2(this);
    this.autoScaling = new AutoScaling(this, options.instances);
    this.lambda = new Lambda(this);
    this.writers = new Writers(this);
    this.invariants = new Invariants(this);
    this.faults = new Faults(this, options.faults);
  }

  begin(): void {
    this.autoScaling.begin();
    this.lambda.begin();
    this.faults.begin();
    this.writers.begin();
  }

  /**
   * Does what happens next; afterwards the promises that it kept have gone on. To be
   * called from a microtask: then Node takes the next tick only when no microtask is left, without a turn of the event loop.
   */
  async advance(): Promise<void> {
    this.timeline.advance();
    while (this.#resumed) {
      this.#resumed = false;
      await new Promise<void>((resolve) => process.nextTick(resolve));
    }
    if (this.#error !== undefined) throw this.#error;
  }

  /** A promise is about to be kept. */
  resumes(): void {
    this.#resumed = true;
  }

  fail(error: unknown): void {
    this.#error = error;
  }

  /** To be called before anything changes that an agent's looks could see. */
  disturb(): void {
    for (const { machine } of this.ec2.instances.values()) machine.agent?.disturb();
  }

  /** To be called after a change that the function, or who watches over the promises, could see. */
  changed(): void {
    this.revision += 1;
    this.invariants.changed();
    this.writers.changed();
  }

  say(who: string, what: string, detail: string): void {
    this.#onTrace?.({ at_ms: this.timeline.now_ms, who, what, detail });
  }

  /** Unless it is what was said last. */
  sayOnce(who: string, what: string, detail: string): void {
    if (this.#onTrace === undefined || this.#said.get(who) === what + detail) return;
    this.#said.set(who, what + detail);
    this.say(who, what, detail);
  }

  token(): string {
    this.#tokens += 1;
    return `t${this.#tokens}`;
  }

  machines(): readonly Machine[] {
    return [...this.ec2.instances.values()].map(({ machine }) => machine);
  }

  moveRoute(table: string, id: string): Record<string, never> {
    this.routes.set(table, id);
    this.say("failover", "route", `${table} to ${id}`);
    this.changed();
    return {};
  }

  disableSourceDestCheck(id: string): Record<string, never> {
    const instance = this.ec2.instances.get(id);
    if (instance !== undefined) instance.sourceDestCheck = false;
    this.changed();
    return {};
  }

  beforeSpawn(machine: Machine): void {
    this.invariants.beforeSpawn(machine);
  }

  /** The failover function terminates an instance. */
  fence(id: string): void {
    const instance = this.ec2.instances.get(id);
    if (instance === undefined) return;
    this.invariants.beforeFence(instance);
    this.say("failover", "fence", id);
    instance.isFenced = true;
    this.ec2.terminate(instance);
  }
}
