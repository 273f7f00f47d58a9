import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { UserError } from "@cloudy/command-line";
import { createGraph, type Graph, type GraphResource } from "@cloudy/twin-model/graph.ts";
import { optionsIn, type RegisterRequest, type ResourceOptions } from "@cloudy/twin-model/registration.ts";
import type { Account } from "@cloudy/twin-model/resource-type.ts";
import type * as Pulumi from "@pulumi/pulumi";
import { readConfiguration } from "./configuration.ts";
import { dataSourceResult } from "./data-sources.ts";
import { computedOutputs, isTaggable } from "./outputs.ts";

type PulumiModule = typeof Pulumi;

interface Monitor {
  registerResource(
    request: RegisterRequest,
    callback: (error: unknown, response: { getUrn(): string }) => void,
  ): unknown;
}

/** The account that every twin is. */
export const ACCOUNT_ID = "123456789012";

/** A program as it was recorded, with what it said to the engine of each resource, by URN. */
export interface RecordedProgram extends Graph {
  readonly options: ReadonlyMap<string, ResourceOptions>;
}

/**
 * Runs the Pulumi program of `root` once without a cloud and returns what it declared, every reference resolved to the
 * ids, ARNs and names that AWS would have given. `changes` are values over those of the stack's file, by their full keys; under
 * one `stackName` two graphs differ in their settings only. Throws UserError when configuration or program are wrong.
 * A thread can record one program only: Node keeps imported modules, and Pulumi its runtime. See recordStacks.
 */
export async function recordProgram(
  root: string,
  stack: string,
  changes: Readonly<Record<string, string>> = {},
  stackName = stack,
): Promise<RecordedProgram> {
  const configuration = readConfiguration(root, stack, changes);
  const region = configuration.values["aws:region"] ?? configuration.values[`${configuration.project}:region`];
  if (region === undefined) throw new UserError("No region is configured: set aws:region in the stack's file.");
  const account: Account = { accountId: ACCOUNT_ID, region };
  // The program's own SDK, so that its resources register with the monitor that is mocked here.
  const pulumi = createRequire(join(dirname(configuration.main), "package.json"))("@pulumi/pulumi") as PulumiModule;
  const resources: GraphResource[] = [];
  const defaultTags = new Map<string, Record<string, string>>();
  const inputsByUrn = new Map<string, { readonly id: string; readonly inputs: Inputs; readonly outputs: Inputs }>();
  const qualifiedStack = `${configuration.project}/${stackName}`;
  pulumi.runtime.setAllConfig({ ...configuration.values });
  const refusals: UserError[] = [];
  const mocks: Pulumi.runtime.Mocks = refusing(refusals, {
    async newResource(args) {
      const inputs = plainValue(args.inputs, pulumi) as Inputs;
      if (args.type === "pulumi:providers:aws") defaultTags.set(args.name, tagsOfProvider(inputs));
      const tags = { ...defaultTags.get(providerName(args.provider)), ...(inputs["tags"] as object | undefined) };
      const tagged = isTaggable(args.type) ? { ...inputs, tags } : inputs;
      const declared = { type: args.type, logicalName: args.name, inputs: tagged, stack: qualifiedStack };
      const { id, ...computed } = await computedOutputs(declared, account, new Date());
      const outputs = { ...tagged, ...computed };
      inputsByUrn.set(`${args.type}::${args.name}`, { id, inputs: tagged, outputs });
      return { id, state: outputs };
    },
    call: (args) => dataSourceResult(args.token, plainValue(args.inputs, pulumi) as Inputs, account),
  });
  await pulumi.runtime.setMocks(mocks, configuration.project, stackName, false);
  const options = new Map<string, ResourceOptions>();
  observeRegistrations(pulumi, (request, urn) => {
    const [type, name] = [request.getType(), request.getName()];
    const known = inputsByUrn.get(`${type}::${name}`);
    if (known === undefined || type.startsWith("pulumi:")) return;
    options.set(urn, optionsIn(request));
    const parent = request.getParent() || undefined;
    resources.push({ type, name, urn, ...known, parent, dependencies: request.getDependenciesList() });
  });
  const outputs = await runProgram(pulumi, configuration.main).catch((error) => {
    throw refusals[0] ?? error;
  });
  const graph = createGraph({
    resources: await Promise.all(resources.map(withPlainAssets)),
    outputs,
    region,
    accountId: ACCOUNT_ID,
  });
  return { ...graph, options };
}

type Inputs = Record<string, unknown>;

/** Keeps what the twin refuses: Pulumi would tell of it at the end of a sentence for each property that depends on it. */
function refusing(refusals: UserError[], mocks: Pulumi.runtime.Mocks): Pulumi.runtime.Mocks {
  const kept = async <T>(answer: () => T | Promise<T>): Promise<T> => {
    try {
      return await answer();
    } catch (error) {
      if (error instanceof UserError) refusals.push(error);
      throw error;
    }
  };
  return {
    newResource: (args) => kept(() => mocks.newResource(args)),
    call: (args) => kept(() => mocks.call(args)),
  };
}

async function runProgram(pulumi: PulumiModule, main: string): Promise<Inputs> {
  let failure: unknown;
  const onFailure = (error: unknown) => {
    failure ??= error;
  };
  // A failed resource constructor surfaces as an unhandled rejection, as it does under the real engine.
  process.on("unhandledRejection", onFailure);
  try {
    const exported = (await import(pathToFileURL(main).href)) as Inputs;
    const outputs: Inputs = {};
    for (const [name, value] of Object.entries(exported)) outputs[name] = await resolved(pulumi, value);
    await pulumi.runtime.disconnect();
    if (failure !== undefined) throw failure;
    return outputs;
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    throw new UserError(`The Pulumi program failed: ${error.message}`, { cause });
  } finally {
    process.off("unhandledRejection", onFailure);
  }
}

function resolved(pulumi: PulumiModule, value: unknown): Promise<unknown> {
  return (pulumi.output(value) as unknown as { promise(): Promise<unknown> }).promise();
}

function observeRegistrations(pulumi: PulumiModule, seen: (request: RegisterRequest, urn: string) => void): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) =>
    register(request, (error, response) => {
      if (!error) seen(request, response.getUrn());
      callback(error, response);
    });
}

/** Provider inputs travel as JSON strings. */
function tagsOfProvider(inputs: Inputs): Record<string, string> {
  const raw = inputs["defaultTags"];
  const parsed = (typeof raw === "string" ? JSON.parse(raw) : raw) as { tags?: Record<string, string> } | undefined;
  return parsed?.tags ?? {};
}

/** A provider reference is `urn:…::<name>::<id>`. */
function providerName(reference: string | undefined): string {
  return reference?.split("::").at(-2) ?? "";
}

/** Unwraps secrets and awaits nothing: under mocks every value is known by the time it is registered. */
function plainValue(value: unknown, pulumi: PulumiModule): unknown {
  if (pulumi.runtime.isRpcSecret(value)) return plainValue(pulumi.runtime.unwrapRpcSecret(value), pulumi);
  if (Array.isArray(value)) return value.map((item) => plainValue(item, pulumi));
  if (typeof value !== "object" || value === null || isAsset(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainValue(item, pulumi)]));
}

function isAsset(value: object): boolean {
  return "__pulumiAsset" in value || "__pulumiArchive" in value;
}

/** Files as plain data: Pulumi keeps their paths as promises. */
async function withPlainAssets(resource: GraphResource): Promise<GraphResource> {
  return { ...resource, inputs: await plainAssets(resource.inputs), outputs: await plainAssets(resource.outputs) };
}

async function plainAssets(properties: Readonly<Inputs>): Promise<Inputs> {
  const entries = Object.entries(properties).map(async ([key, value]) => {
    if (typeof value !== "object" || value === null || !isAsset(value)) return [key, value];
    const { path } = value as { readonly path?: string | Promise<string> };
    return [key, { path: await path }];
  });
  return Object.fromEntries(await Promise.all(entries));
}
