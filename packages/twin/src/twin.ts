import { randomBytes } from "node:crypto";
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
import { readConfiguration } from "./program/configuration.ts";
import { checkNames } from "./program/names.ts";
import { oneGraph } from "./program/one-graph.ts";
import { ACCOUNT_ID } from "./program/record.ts";
import { recordStacks } from "./program/record-stacks.ts";
import type { RecordedStack } from "./program/recording.ts";
import { resourceTypes } from "./program/resource-types.ts";
import { checkSupport } from "./program/support.ts";
import { whenReady } from "./readiness.ts";
import type { StandIns } from "./stand-ins.ts";
import { Undo } from "./undo.ts";

/** Nobody guesses it. */
const TOKEN_BYTES = 24;

export interface TwinOptions {
  /** The repository: Pulumi.yaml and the program are looked for here. */
  readonly root: string;
  readonly application: Application;
  /** All in one account and region; each must have physical names of its own. */
  readonly stacks: readonly string[];
  /** Keys of the configuration with other values than the stacks' files have. */
  readonly changes: Readonly<Record<string, string>>;
  readonly speed: number;
  /** What every instance lacks at the beginning of each of its boots. */
  readonly bootFaults: readonly BootFault[];
  /** Given when what the stacks ask of somebody outside is to be stood in for; with the token to let in, or a random one. */
  readonly standIns?: { readonly token: string | undefined } | undefined;
  /** Takes progress and what the twin does, a line at a time. */
  readonly say: (line: string) => void;
  /** Ends the start in mid-way. */
  readonly stopping: AbortSignal;
}

/** One stack of a running twin. */
export interface RunningStack {
  readonly stack: string;
  readonly loadBalancerUrl: string;
  readonly outputs: Graph["outputs"];
  /** A bearer token that its API lets in, where the twin stands in for the secret of tokens. */
  readonly token?: string | undefined;
}

export interface Twin {
  readonly directory: string;
  readonly accountId: string;
  readonly connection: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** In the order in which they were named. */
  readonly stacks: readonly RunningStack[];
  readonly clock: { readonly speed: number; readonly realEpoch_ms: number; readonly cloudEpoch_ms: number };
  /** What of the program only AWS acts on, a line each. */
  readonly awsOnly: readonly string[];
  /** Ends everything and removes the twin's directory. */
  stop(): Promise<void>;
}

/**
 * Brings the program of `root` to life; resolves once every instance behind the load balancers says that it is ready, or
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
  const { root, application, stacks, changes, speed, bootFaults, say, stopping } = options;
  say(`Records the program with the configuration of ${stacks.map((stack) => `stack ${stack}`).join(" and ")}`);
  const standIns = standInsFor(options);
  const recorded = await recordStacks(root, stacks, (stack) => ({ ...changes, ...standIns.get(stack)?.changes }));
  const graph = oneGraph(recorded);
  for (const one of recorded) checkSupport(one.graph, resourceTypes);
  checkNames(recorded, resourceTypes);

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
  const standingSecrets = [...standIns.values()].flatMap(({ secrets }) => secrets);
  const live = await composeCloud({ graph, application, bootFaults, standingSecrets, directory, clock, bus, undo });
  const running = recorded.map((one) => ({
    ...runningStack(one, live.listenerUrls),
    token: standIns.get(one.stack)?.token,
  }));
  await Promise.all(
    recorded.map((one, index) => {
      const readyUrl = `${running[index]?.loadBalancerUrl}${application.readyPath}`;
      return whenReady({ graph: one.graph, bus, cloud: live.cloud, readyUrl, stopping });
    }),
  );
  const { accessKeyId, secretAccessKey } = live.administrator;
  return {
    directory,
    accountId: graph.accountId,
    connection: { endpoint: live.endpointUrl, region: graph.region, credentials: { accessKeyId, secretAccessKey } },
    stacks: running,
    clock: { speed, realEpoch_ms: cloudEpoch_ms, cloudEpoch_ms },
    awsOnly: awsOnlyOf(graph, resourceTypes),
    stop: () => undo.run(),
  };
}

/** By stack, each said; none unless they are asked for. */
function standInsFor({
  root,
  stacks,
  changes,
  application,
  standIns,
  say,
}: TwinOptions): ReadonlyMap<string, StandIns> {
  if (standIns === undefined) return new Map();
  const token = standIns.token ?? randomBytes(TOKEN_BYTES).toString("base64url");
  const all = stacks.map((stack) => {
    const given = application.standIns(readConfiguration(root, stack, changes), { accountId: ACCOUNT_ID, token });
    return [stack, given] as const;
  });
  for (const [, { said }] of all) for (const line of said) say(line);
  return new Map(all);
}

/** A stack is reached by the first listener that it declares. */
function runningStack({ stack, graph }: RecordedStack, urls: ReadonlyMap<string, string>): RunningStack {
  const [listener] = graph.ofType("aws:lb/listener:Listener");
  const loadBalancerUrl = listener && urls.get(String(listener.outputs["arn"]));
  if (loadBalancerUrl === undefined) {
    throw new UserError(`The program declares no listener with the configuration of stack ${stack}: nothing to serve.`);
  }
  return { stack, loadBalancerUrl, outputs: graph.outputs };
}
