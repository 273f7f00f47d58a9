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
import { EfsServer } from "./files/efs-server.ts";
import type { Plan } from "./plan/fault-plan.ts";
import { FaultRecord } from "./plan/fault-record.ts";

export interface WorldOptions {
  readonly seed: number;
  readonly code: CodeUnderTest;
  /** Leave out what is certain to change nothing. */
  readonly skips: boolean;
  readonly onTrace: ((line: TraceLine) => void) | undefined;
  readonly plan: Plan;
}

/** Everything of one history, put together: the stage, the files, the cloud with its machines, the clients, and what must hold. */
export class World {
  readonly stage: Stage;
  readonly faults: FaultRecord;
  readonly efs: EfsServer;
  readonly network: Network;
  readonly trouble: ControlPlaneTrouble;
  readonly ec2: Ec2;
  readonly autoScaling: AutoScaling;
  readonly lambda: Lambda;
  readonly invariants: Invariants;
  readonly writers: Writers;

  constructor({ plan, ...options }: WorldOptions) {
    const onChanged = () => {
      this.invariants.changed();
      this.writers.changed();
    };
    const stage = new Stage({ ...options, onChanged });
    const faults = new FaultRecord(stage.timeline, plan);
    const efs = new EfsServer(() => this.disturb());
    const network = new Network();
    const routes = new Routes(stage);
    const trouble = new ControlPlaneTrouble(stage.random("control plane"));
    const ec2 = new Ec2(stage, efs, {
      beforeSpawn: (machine) => this.invariants.beforeSpawn(machine),
      beforeFence: (instance) => this.invariants.beforeFence(instance),
      onStateChanged: () => {
        this.lambda.onEvent();
        this.autoScaling.reconcileSoon();
      },
      onHealthChanged: () => this.autoScaling.reconcileSoon(),
    });
    const onMissed = (id: string) => this.invariants.missed(id);
    const probe = new Probe({ stage, ec2, network, trouble, onMissed });
    const cloud = { stage, ec2, routes, trouble, probe };
    const watched = { stage, ec2, network, routes, faults };
    this.stage = stage;
    this.faults = faults;
    this.efs = efs;
    this.network = network;
    this.trouble = trouble;
    this.ec2 = ec2;
    this.autoScaling = new AutoScaling(stage, ec2, plan.instances);
    this.lambda = new Lambda(stage, (life) => createCloudClients(cloud, life));
    this.invariants = new Invariants(watched);
    this.writers = new Writers(watched, this.invariants);
  }

  /** The group launches its instances, the schedule runs, the clients write. */
  begin(): void {
    this.autoScaling.begin();
    this.lambda.begin();
    this.writers.begin();
  }

  /** To be called before anything changes that an agent's looks could see. */
  disturb(): void {
    for (const { machine } of this.ec2.instances.values()) machine.agent?.disturb();
  }
}
