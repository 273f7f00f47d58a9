import { join } from "node:path";
import { DataPlane } from "./balancer/data-plane.ts";
import { healthProber } from "./balancer/prober.ts";
import { type Cloud, createCloud } from "./cloud/cloud.ts";
import { LiveFunctions } from "./functions/live.ts";
import { Iam } from "./iam/iam.ts";
import { writeChildModules } from "./instances/child-modules.ts";
import { CpuGovernor } from "./instances/cpu-share.ts";
import { LiveInstances } from "./instances/live.ts";
import type { Bus } from "./model/bus.ts";
import type { Clock } from "./model/clock.ts";
import type { Graph } from "./model/graph.ts";
import type { Credentials } from "./model/identity.ts";
import { Fabric } from "./network/fabric.ts";
import { claimLoopback } from "./network/loopback.ts";
import { S3 } from "./stores/s3.ts";
import { SecretsManager } from "./stores/secrets-manager.ts";
import type { Undo } from "./undo.ts";
import type { Call } from "./wire/dispatch.ts";
import { startEndpoint } from "./wire/endpoint.ts";

interface LiveCloud {
  readonly cloud: Cloud;
  readonly endpointUrl: string;
  readonly administrator: Credentials;
  /** Of all listeners, in the program's order. */
  readonly listenerUrls: readonly string[];
}

/** Composes the services with what runs them - network, processes, load balancer, API endpoint - and starts launching. */
export async function startLiveCloud(parts: {
  readonly graph: Graph;
  readonly directory: string;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly undo: Undo;
}): Promise<LiveCloud> {
  const { graph, directory, clock, bus, undo } = parts;
  const { region } = graph;
  const identity = new Iam({ graph, clock });
  const cloud = createCloud({ graph, clock, bus, identity });
  const secrets = new SecretsManager({ graph, clock });
  const objects = new S3({ graph, clock });
  const endpoint = await startEndpoint({
    authority: identity,
    services: {
      ...cloud.operations,
      sts: identity.operations,
      "secrets-manager": secrets.operations,
      s3: objects.operations,
    },
    onCall: (call) => tellDenied(call, bus),
  });
  undo.add(() => endpoint.close());

  const loopback = await claimLoopback();
  undo.add(() => loopback.release());
  const fabric = new Fabric({ loopback, clock, bus, view: () => cloud.ec2, endpointPort: () => endpoint.port });
  undo.add(() => fabric.close());
  const modules = writeChildModules(join(directory, "lib"));
  const governor = new CpuGovernor();
  undo.add(() => governor.close());

  const prober = healthProber({ fabric, clock, view: cloud.loadBalancing });
  const dataPlane = new DataPlane({ fabric, view: cloud.loadBalancing });
  const listenerUrls = [...(await dataPlane.start()).values()];
  const shared = { twinDirectory: directory, node: process.execPath, modules, fabric, clock, identity, region };
  const functions = new LiveFunctions(shared);
  const instances = new LiveInstances({
    ...shared,
    bus,
    governor,
    hooks: cloud.ec2,
    fileSystems: cloud.efs,
  });
  undo.add(() => instances.stop());
  undo.add(() => functions.stop());
  undo.add(() => dataPlane.stop());
  undo.add(() => cloud.stop());
  cloud.bind({ instances, functions, prober });
  cloud.start();
  return { cloud, endpointUrl: endpoint.url, administrator: identity.administrator, listenerUrls };
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
