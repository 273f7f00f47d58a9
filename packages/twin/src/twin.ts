import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "@cloudy/command-line";
import { killUnder } from "@cloudy/twin-machines/host/processes.ts";
import { startReaper } from "@cloudy/twin-machines/host/reaper.ts";
import type { BootFault } from "@cloudy/twin-model/boot-fault.ts";
import { createBus } from "@cloudy/twin-model/bus.ts";
import { liveClock } from "@cloudy/twin-model/clock.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { Application } from "./application.ts";
import { composeCloud } from "./compose.ts";
import { narrate } from "./narration.ts";
import { awsOnlyOf } from "./program/aws-only.ts";
import { checkNames } from "./program/names.ts";
import { recordProgram } from "./program/record.ts";
import { resourceTypes } from "./program/resource-types.ts";
import { checkSupport } from "./program/support.ts";
import { whenReady } from "./readiness.ts";
import { Undo } from "./undo.ts";

export interface TwinOptions {
  /** The repository: Pulumi.yaml and the program are looked for here. */
  readonly root: string;
  readonly application: Application;
  readonly stack: string;
  readonly speed: number;
  /** What every instance lacks at the beginning of each of its boots. */
  readonly bootFaults: readonly BootFault[];
  /** Takes progress and what the twin does, a line at a time. */
  readonly say: (line: string) => void;
  /** Ends the start in mid-way. */
  readonly stopping: AbortSignal;
}

export interface Twin {
  readonly directory: string;
  readonly accountId: string;
  readonly connection: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly loadBalancerUrl: string;
  readonly outputs: Graph["outputs"];
  readonly clock: { readonly speed: number; readonly realEpoch_ms: number; readonly cloudEpoch_ms: number };
  /** What of the program only AWS acts on, a line each. */
  readonly awsOnly: readonly string[];
  /** Ends everything and removes the twin's directory. */
  stop(): Promise<void>;
}

/**
 * Brings the program of `root` to life; resolves once every instance behind the load balancer says that it is ready, or
 * with undefined when it was stopped before that. Throws UserError for a wrong configuration or program, and leaves nothing
 * behind then.
 */
export async function bringUp(options: TwinOptions): Promise<Twin | undefined> {
  const undo = new Undo();
  try {
    const twin = await assemble(options, undo);
    if (!options.stopping.aborted) return twin;
    await undo.run();
    return undefined;
  } catch (error) {
    await undo.run();
    throw error;
  }
}

async function assemble(options: TwinOptions, undo: Undo): Promise<Twin> {
  const { root, application, stack, speed, bootFaults, say, stopping } = options;
  say(`Records the program with the configuration of stack ${stack}`);
  const graph = await recordProgram(root, stack);
  checkSupport(graph, resourceTypes);
  checkNames([{ stack, graph }], resourceTypes);

  const directory = mkdtempSync(join(tmpdir(), `${application.name.toLowerCase()}-twin-`));
  chmodSync(directory, 0o755);
  const reaper = await startReaper(directory);
  undo.add(() => reaper.finish());
  undo.add(() => killUnder(directory));

  const cloudEpoch_ms = Date.now();
  const clock = liveClock(speed, cloudEpoch_ms);
  const bus = createBus();
  narrate(bus, clock, say);
  say(`Starts ${graph.resources.length} resources at ${speed} times the speed of the clock`);
  const live = await composeCloud({ graph, application, bootFaults, directory, clock, bus, undo });
  const [loadBalancerUrl] = live.listenerUrls;
  if (loadBalancerUrl === undefined) {
    throw new UserError("The program declares no listener, so there is nothing to serve.");
  }
  await whenReady({ graph, bus, cloud: live.cloud, readyUrl: `${loadBalancerUrl}${application.readyPath}`, stopping });
  const { accessKeyId, secretAccessKey } = live.administrator;
  return {
    directory,
    accountId: graph.accountId,
    connection: { endpoint: live.endpointUrl, region: graph.region, credentials: { accessKeyId, secretAccessKey } },
    loadBalancerUrl,
    outputs: graph.outputs,
    clock: { speed, realEpoch_ms: cloudEpoch_ms, cloudEpoch_ms },
    awsOnly: awsOnlyOf(graph, resourceTypes),
    stop: () => undo.run(),
  };
}
