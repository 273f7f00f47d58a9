import type { Bus } from "@cloudy/twin-model/bus.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { Identifiers } from "@cloudy/twin-model/identifiers.ts";
import type { Instance } from "@cloudy/twin-model/instance.ts";
import type { InstanceHooks } from "@cloudy/twin-model/instance-runtime.ts";
import type { NetworkInterface, NetworkView, Route, SecurityGroupRule } from "@cloudy/twin-model/network.ts";
import type { InstanceTable } from "./instance-table.ts";
import { Interfaces } from "./interfaces.ts";
import { RouteTables, type TargetState } from "./route-tables.ts";
import { SecurityGroups } from "./security-groups.ts";
import { placeServiceInterfaces } from "./service-interfaces.ts";
import { Subnets } from "./subnets.ts";

interface Parts {
  readonly graph: Graph;
  readonly bus: Bus;
  readonly ids: Identifiers;
  readonly instances: InstanceTable;
}

/** The VPCs' tables, and what the instances' operating systems added to them: all that decides where a packet goes. */
export class NetworkTables implements NetworkView, InstanceHooks {
  readonly subnets: Subnets;
  readonly groups: SecurityGroups;
  readonly interfaceTable: Interfaces;
  readonly routeTables: RouteTables;
  readonly #instances: InstanceTable;
  readonly #changed: () => void;
  readonly #extraAddresses = new Map<string, readonly string[]>();
  readonly #forwarding = new Set<string>();

  constructor({ graph, bus, ids, instances }: Parts) {
    this.#instances = instances;
    this.#changed = () => bus.emit({ kind: "network-changed" });
    this.subnets = new Subnets(graph);
    this.groups = new SecurityGroups(graph);
    this.interfaceTable = new Interfaces(graph, this.subnets, this.groups, ids, this.#changed);
    const targets = targetStates(this.interfaceTable, instances);
    this.routeTables = new RouteTables(graph, this.subnets, ids, targets, this.#changed);
    placeServiceInterfaces(graph, this.interfaceTable, ids);
    bus.on((event) => {
      if (event.kind === "instance-state" && event.state !== "running") this.#forgetAddresses(event.instanceId);
    });
  }

  interfaces(): readonly NetworkInterface[] {
    return this.interfaceTable.all();
  }

  instance(id: string): Instance | undefined {
    return this.#instances.find(id);
  }

  routes(subnetId: string): readonly Route[] {
    return this.routeTables.forSubnet(subnetId)?.routes.flatMap((route) => this.routeTables.resolve(route)) ?? [];
  }

  vpcOf(subnetId: string): string | undefined {
    return this.subnets.find(subnetId)?.vpcId;
  }

  rules(securityGroupId: string): readonly SecurityGroupRule[] {
    return this.groups.rules(securityGroupId);
  }

  prefixList(id: string): readonly string[] {
    return this.routeTables.prefixList(id);
  }

  extraAddresses(instanceId: string): readonly string[] {
    return this.#extraAddresses.get(instanceId) ?? [];
  }

  forwards(instanceId: string): boolean {
    return this.#forwarding.has(instanceId);
  }

  addAddress(instanceId: string, address: string): void {
    const known = this.extraAddresses(instanceId);
    if (known.includes(address)) return;
    this.#extraAddresses.set(instanceId, [...known, address]);
    this.#changed();
  }

  enableForwarding(instanceId: string): void {
    this.#forwarding.add(instanceId);
    this.#changed();
  }

  /** Addresses on `lo` and forwarding are settings of a running system; they are gone when it stops. */
  #forgetAddresses(instanceId: string): void {
    this.#extraAddresses.delete(instanceId);
    this.#forwarding.delete(instanceId);
  }
}

function targetStates(interfaces: Interfaces, instances: InstanceTable): TargetState {
  return {
    behind(interfaceId) {
      const instanceId = interfaces.find(interfaceId)?.attachment?.instanceId;
      if (instanceId === undefined) return { instanceId, alive: false };
      const state = instances.find(instanceId)?.state;
      return { instanceId, alive: state !== undefined && state !== "terminated" && state !== "stopped" };
    },
  };
}
