import { Invariants } from "./checks/invariants.ts";
import { Writers } from "./checks/writers.ts";
import { AutoScaling } from "./cloud/auto-scaling.ts";
import { createCloudClients } from "./cloud/cloud-clients.ts";
import { ControlPlaneTrouble } from "./cloud/control-plane-trouble.ts";
import { Ec2 } from "./cloud/ec2.ts";
import { Lambda } from "./cloud/lambda.ts";
import { Network } from "./cloud/network.ts";
import { Probe } from "./cloud/probe.ts";
import { Routes } from "./cloud/routes.ts";
import type { CodeUnderTest } from "./code-under-test.ts";
import { Stage } from "./engine/stage.ts";
import type { TraceLine } from "./engine/trace.ts";
import { Faults } from "./faults/faults.ts";
import { EfsServer } from "./files/efs-server.ts";
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
  readonly routes: Routes;
  /** The group has one instance: no standby. */
  readonly isSingle: boolean;

  constructor(options: WorldOptions) {
    this.isSingle = options.instances === 1;
    const onChanged = () => {
      this.invariants.changed();
      this.writers.changed();
    };
    this.stage = new Stage({ ...options, onChanged });
    this.routes = new Routes(this.stage);
    this.trouble = new ControlPlaneTrouble(this.stage.random("control plane"));
    const { stage, efs, trouble, network, routes } = this;
    const ec2 = new Ec2(stage, efs, {
      beforeSpawn: (machine) => this.invariants.beforeSpawn(machine),
      beforeFence: (instance) => this.invariants.beforeFence(instance),
      onStateChanged: () => {
        this.lambda.onEvent();
        this.autoScaling.reconcileSoon();
      },
      onHealthChanged: () => this.autoScaling.reconcileSoon(),
    });
    this.ec2 = ec2;
    this.autoScaling = new AutoScaling(stage, ec2, options.instances);
    const onMissed = (id: string) => this.invariants.missed(id);
    const probe = new Probe({ stage, ec2, network, trouble, onMissed });
    const cloud = { stage, ec2, routes, trouble, probe };
    this.lambda = new Lambda(stage, (life) => createCloudClients(cloud, life));
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
}
