import type { Bus } from "@cloudy/twin-model/bus.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { Identifiers } from "@cloudy/twin-model/identifiers.ts";
import { InstanceTable } from "./ec2/instance-table.ts";
import { NetworkTables } from "./ec2/network-tables.ts";
import { Efs } from "./efs/efs.ts";
import { LoadBalancerRegistry } from "./load-balancing/registry.ts";

/** What the services share with what runs below them. It is made first, then what runs, and the services on both. */
export interface Tables {
  readonly instances: InstanceTable;
  readonly network: NetworkTables;
  readonly loadBalancers: LoadBalancerRegistry;
  readonly fileSystems: Efs;
}

export function createTables(parts: { readonly graph: Graph; readonly bus: Bus; readonly ids: Identifiers }): Tables {
  const { graph } = parts;
  const instances = new InstanceTable();
  const network = new NetworkTables({ ...parts, instances });
  const loadBalancers = new LoadBalancerRegistry(graph, network.interfaceTable);
  const fileSystems = new Efs(graph, network.interfaceTable);
  return { instances, network, loadBalancers, fileSystems };
}
