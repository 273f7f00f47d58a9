import { join } from "node:path";
import { DataPlane } from "@cloudy/twin-machines/balancer/data-plane.ts";
import { Nodes } from "@cloudy/twin-machines/balancer/nodes.ts";
import { healthProber } from "@cloudy/twin-machines/balancer/prober.ts";
import { LiveFunctionRuntime } from "@cloudy/twin-machines/functions/function-runtime.ts";
import { writeChildModules } from "@cloudy/twin-machines/host/child-modules.ts";
import { CpuGovernor } from "@cloudy/twin-machines/host/cpu-share.ts";
import { LiveInstanceRuntime } from "@cloudy/twin-machines/instances/instance-runtime.ts";
import { Fabric } from "@cloudy/twin-machines/network/fabric.ts";
import { claimLoopback } from "@cloudy/twin-machines/network/loopback.ts";
import type { BootFault } from "@cloudy/twin-model/boot-fault.ts";
import type { Bus } from "@cloudy/twin-model/bus.ts";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import { Identifiers } from "@cloudy/twin-model/identifiers.ts";
import type { Credentials } from "@cloudy/twin-model/identity.ts";
import { type Cloud, createCloud } from "@cloudy/twin-services/cloud.ts";
import { Iam } from "@cloudy/twin-services/iam/iam.ts";
import { iamOperations } from "@cloudy/twin-services/iam/operations.ts";
import type { StandingSecret } from "@cloudy/twin-services/secrets-manager/secrets-manager.ts";
import { createTables, type Tables } from "@cloudy/twin-services/tables.ts";
import type { Call } from "@cloudy/twin-wire/dispatch.ts";
import { startEndpoint } from "@cloudy/twin-wire/endpoint.ts";
import { holdPort } from "@cloudy/twin-wire/held-port.ts";
import type { Application } from "./application.ts";
import type { Undo } from "./undo.ts";

interface ComposedCloud {
  readonly cloud: Cloud;
  readonly endpointUrl: string;
  readonly administrator: Credentials;
  /** By the listener's ARN. */
  readonly listenerUrls: ReadonlyMap<string, string>;
}

interface Parts {
  readonly graph: Graph;
  readonly application: Application;
  readonly bootFaults: readonly BootFault[];
  readonly standingSecrets: readonly StandingSecret[];
  readonly directory: string;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly undo: Undo;
}

/**
 * Composes the services with what runs them - network, processes, load balancer, API endpoint - and starts launching.
 * Everything is made after what it uses: the tables, the fabric that reads them, what runs on the fabric, the services.
 */
export async function composeCloud(parts: Parts): Promise<ComposedCloud> {
  const { graph, clock, bus, undo, standingSecrets } = parts;
  const identity = new Iam({ graph, clock });
  const ids = new Identifiers("twin");
  const tables = createTables({ graph, bus, ids });
  const port = await holdPort();
  undo.add(() => port.close());
  const loopback = await claimLoopback(tables.network.subnets.vpcs().map(({ id }) => id));
  undo.add(() => loopback.release());
  const fabric = new Fabric({ loopback, clock, bus, view: tables.network, endpointPort: port.number });
  undo.add(() => fabric.close());
  const nodes = new Nodes(tables.loadBalancers);
  const prober = healthProber({ fabric, clock, nodes });
  const runtimes = { ...processRuntimes(parts, { identity, tables, fabric }), prober };
  const cloud = createCloud({ graph, clock, bus, ids, identity, tables, runtimes, standingSecrets });
  const dataPlane = new DataPlane({ fabric, nodes, view: cloud.loadBalancing });
  undo.add(() => dataPlane.stop());
  undo.add(() => cloud.stop());
  const endpoint = await startEndpoint({
    port,
    authority: identity,
    services: { ...cloud.operations, sts: iamOperations(identity) },
    onCall: (call) => tellDenied(call, bus),
  });
  const listenerUrls = await dataPlane.start();
  cloud.start();
  return { cloud, endpointUrl: endpoint.url, administrator: identity.administrator, listenerUrls };
}

/** What runs instances and functions as processes of this machine. */
function processRuntimes(
  { graph, application, bootFaults, directory, clock, bus, undo }: Parts,
  { identity, tables, fabric }: { readonly identity: Iam; readonly tables: Tables; readonly fabric: Fabric },
) {
  const modules = writeChildModules(join(directory, "lib"));
  const governor = new CpuGovernor();
  undo.add(() => governor.close());
  const { region } = graph;
  const shared = { twinDirectory: directory, node: process.execPath, modules, fabric, clock, identity, region };
  const { network: hooks, fileSystems } = tables;
  const { realTimeUnits } = application;
  const machines = { realTimeUnits, bootFaults, hooks, fileSystems };
  const instances = new LiveInstanceRuntime({ ...shared, ...machines, bus, governor });
  undo.add(() => instances.stop());
  const functions = new LiveFunctionRuntime(shared);
  undo.add(() => functions.stop());
  return { instances, functions };
}

/** A denied call is the first thing to look for when something does not work. */
function tellDenied({ service, action, callerArn, status, error }: Call, bus: Bus): void {
  if (status !== 403 || error === undefined) return;
  bus.emit({
    kind: "trace",
    source: callerArn ?? "unknown caller",
    sentence: `${service} ${action}: ${error.message}`,
  });
}
