import { Invariants } from "./checks/invariants.ts";
import { Writers } from "./checks/writers.ts";
import { AutoScaling } from "./cloud/auto-scaling.ts";
import { ControlPlaneTrouble } from "./cloud/control-plane-trouble.ts";
import { Ec2 } from "./cloud/ec2.ts";
import { Lambda } from "./cloud/lambda.ts";
import { Network } from "./cloud/network.ts";
import type { CodeUnderTest } from "./code-under-test.ts";
import { Stage } from "./engine/stage.ts";
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
  readonly stage: Stage;
  readonly network = new Network();
  readonly efs = new EfsServer(() => this.disturb());
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

  constructor(options: WorldOptions) {
    this.isSingle = options.instances === 1;
    const onChanged = () => {
      this.invariants.changed();
      this.writers.changed();
    };
    this.stage = new Stage({ ...options, onChanged });
    this.trouble = new ControlPlaneTrouble(this.stage.random("control plane"));
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

  /** To be called before anything changes that an agent's looks could see. */
  disturb(): void {
    for (const { machine } of this.ec2.instances.values()) machine.agent?.disturb();
  }

  machines(): readonly Machine[] {
    return [...this.ec2.instances.values()].map(({ machine }) => machine);
  }

  moveRoute(table: string, id: string): Record<string, never> {
    this.routes.set(table, id);
    this.stage.say("failover", "route", `${table} to ${id}`);
    this.stage.changed();
    return {};
  }

  disableSourceDestCheck(id: string): Record<string, never> {
    const instance = this.ec2.instances.get(id);
    if (instance !== undefined) instance.sourceDestCheck = false;
    this.stage.changed();
    return {};
  }

  /** The failover function terminates an instance. */
  fence(id: string): void {
    const instance = this.ec2.instances.get(id);
    if (instance === undefined) return;
    this.invariants.beforeFence(instance);
    this.stage.say("failover", "fence", id);
    instance.isFenced = true;
    this.ec2.terminate(instance);
  }
}
