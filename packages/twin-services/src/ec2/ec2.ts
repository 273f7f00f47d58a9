import { arn, tagConditions } from "@cloudy/twin-model/arn.ts";
import type { Bus } from "@cloudy/twin-model/bus.ts";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { Identifiers } from "@cloudy/twin-model/identifiers.ts";
import type { InstanceRuntime } from "@cloudy/twin-model/instance-runtime.ts";
import type { InstanceTable } from "./instance-table.ts";
import { Instances } from "./instances.ts";
import type { Interfaces } from "./interfaces.ts";
import { LaunchTemplates } from "./launch-templates.ts";
import type { NetworkTables } from "./network-tables.ts";
import type { RouteTables } from "./route-tables.ts";
import type { SecurityGroups } from "./security-groups.ts";
import type { Subnets } from "./subnets.ts";

interface Parts {
  readonly graph: Graph;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly ids: Identifiers;
  readonly network: NetworkTables;
  readonly instances: InstanceTable;
  readonly runtime: InstanceRuntime;
}

/** EC2 and VPC: the network's tables and the instances on it. */
export class Ec2 {
  readonly graph: Graph;
  readonly clock: Clock;
  readonly subnets: Subnets;
  readonly groups: SecurityGroups;
  readonly interfaceTable: Interfaces;
  readonly routeTables: RouteTables;
  readonly launchTemplates: LaunchTemplates;
  readonly instances: Instances;

  constructor({ graph, clock, bus, ids, network, instances, runtime }: Parts) {
    this.graph = graph;
    this.clock = clock;
    this.subnets = network.subnets;
    this.groups = network.groups;
    this.interfaceTable = network.interfaceTable;
    this.routeTables = network.routeTables;
    this.launchTemplates = new LaunchTemplates(graph, clock.now());
    const { interfaceTable: interfaces, subnets } = network;
    this.instances = new Instances({ clock, bus, ids, table: instances, interfaces, subnets, runtime });
  }

  /** ARN and condition keys of one of EC2's resources, as its policies see it. */
  resource(
    kind: string,
    id: string,
    tags: Readonly<Record<string, string>>,
  ): {
    readonly resource: string;
    readonly context: Readonly<Record<string, string>>;
  } {
    return {
      resource: arn(this.graph, "ec2", `${kind}/${id}`),
      context: { ...tagConditions(tags, "ec2"), "ec2:region": this.graph.region },
    };
  }
}
