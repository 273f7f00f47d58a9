import { readFile } from "node:fs/promises";
import type { Resource } from "@cloudy/change-plan/resource.ts";
import { optionsIn, type RegisterRequest, type ResourceOptions } from "@cloudy/twin-model/registration.ts";
import * as pulumi from "@pulumi/pulumi";
import { vi } from "vitest";
import { parse } from "yaml";
import { answerAbout, type Existing } from "./existing.ts";
import { instanceType, offeringsOf } from "./instance-types.ts";

/** One resource as the program asked for it. */
export interface Recorded {
  readonly type: string;
  readonly name: string;
  readonly id: string;
  readonly inputs: Record<string, unknown>;
}

/** How the engine treats a resource, whatever its properties are. */
interface Options extends ResourceOptions {
  readonly urn: string;
}

export interface Recording {
  readonly resources: readonly Recorded[];
  readonly calls: readonly Called[];
  readonly outputs: Readonly<Record<string, unknown>>;
  all(type: string): readonly Recorded[];
  one(type: string, name?: string): Recorded;
  optionsOf(type: string, name: string): Options;
  /** As the change plan takes it. */
  graph(): readonly Resource[];
}

/** A data source that the program asked; `provider` as in Options. */
interface Called {
  readonly token: string;
  readonly provider: string;
}

const ACCOUNT = "123456789012";
const REGION = "eu-west-1";

/** Pulumi.prod.yaml is not whole without somebody who hears of alarms. */
const TOLD = { "cloudy:alarmEmail": "on-call@example.com" };

export function devConfig(overrides: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> {
  return stackConfig("dev", overrides);
}

/** The config that `pulumi up --stack <stack>` would pass: defaults of Pulumi.yaml, then the stack's file, then `overrides`. */
export async function stackConfig(
  stackName: "dev" | "prod",
  overrides: Readonly<Record<string, string>> = {},
): Promise<Record<string, string>> {
  const config: Record<string, string> = {};
  const set = (key: string, value: unknown) => {
    config[key] = typeof value === "object" ? JSON.stringify(value) : String(value);
  };
  for (const [key, declared] of Object.entries(await projectSchema())) set(`cloudy:${key}`, declared.default);
  const stack = parse(await readFile(new URL(`../../Pulumi.${stackName}.yaml`, import.meta.url), "utf8"));
  for (const [key, value] of Object.entries(stack.config)) set(key, value);
  return { ...config, ...(stackName === "prod" ? TOLD : {}), ...overrides };
}

export interface Declaration {
  readonly type: string;
  readonly items?: { readonly type: string };
  readonly default: unknown;
  readonly description?: string;
}

/** Pulumi.yaml's declarations; a key may be written with the project's namespace or without. */
export async function projectSchema(): Promise<Record<string, Declaration>> {
  const { config } = parse(await readFile(new URL("../../Pulumi.yaml", import.meta.url), "utf8"));
  return Object.fromEntries(
    Object.entries<Declaration>(config).map(([key, declared]) => [key.replace(/^cloudy:/, ""), declared]),
  );
}

/** Which stack runs the program, and what is in its account already. */
interface Surroundings {
  readonly project?: string;
  readonly stack?: string;
  readonly existing?: Existing;
  /** Instance types that zones do not offer, as `t2.nano in eu-west-1b`. */
  readonly missing?: readonly string[];
  /** An earlier run, whose state the properties are kept from that the program leaves alone. */
  readonly state?: Recording;
  /** Begins the id of the image that is newest now. */
  readonly newest?: string;
}

/**
 * Runs infra/index.ts against Pulumi's mocks and keeps what it registers. Bundles are stand-ins of a fixed SHA-256. Rejects with
 * what the program throws.
 */
export async function record(
  config: Readonly<Record<string, string>>,
  { project = "cloudy", stack = "dev", existing = {}, missing = [], state, newest = "ami-of" }: Surroundings = {},
): Promise<Recording> {
  const resources: Recorded[] = [];
  const calls: Called[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, id }) => {
        const known = state?.all(type).find((earlier) => earlier.name === name);
        const kept = known === undefined ? {} : keptOf(known, options.get(`${type}::${name}`)?.ignoredChanges ?? []);
        const resource = { type, name, id: id || `${name}-id`, inputs: { ...inputs, ...kept } };
        resources.push(resource);
        return { id: resource.id, state: computed(resource) };
      },
      call: ({ token, inputs, provider }) => {
        calls.push({ token, provider: provider ?? "" });
        if (token === "aws:ec2/getInstanceType:getInstanceType") return instanceType(inputs["instanceType"]);
        if (token === "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings") {
          return { ...inputs, ...offeringsOf(inputs["filters"][0].values, config["aws:region"] ?? REGION, missing) };
        }
        if (token === "aws:ssm/getParameter:getParameter") return { ...inputs, value: `${newest}-${inputs.name}` };
        if (token === "aws:index/getCallerIdentity:getCallerIdentity") return { accountId: ACCOUNT };
        if (token === "aws:route53/getZone:getZone") return { ...inputs, zoneId: `zone-of-${inputs.name}` };
        const answer = answerAbout(existing, token, inputs);
        if (answer !== undefined) return answer;
        throw new Error(`unexpected call of ${token}`);
      },
    },
    project,
    stack,
  );
  pulumi.runtime.setAllConfig({ ...config });
  const options = observeOptions();
  vi.resetModules();
  vi.doMock("@cloudy/bundle/bundle.ts", () => ({ buildBundle: standInBundle }));
  const program: Record<string, unknown> = await import("../index.ts");
  const outputs = await resolve(program);
  await pulumi.runtime.disconnect();
  const optionsOf = (type: string, name: string) => {
    const found = options.get(`${type}::${name}`);
    if (found === undefined) throw new Error(`no resource ${type} ${name}`);
    return found;
  };
  return {
    resources,
    calls,
    outputs,
    all: (type) => resources.filter((resource) => resource.type === type),
    one: (type, name) => exactlyOne(resources, type, name),
    optionsOf,
    graph: () =>
      resources.map((resource) => {
        const options = optionsOf(resource.type, resource.name);
        return { ...resource, urn: options.urn, options };
      }),
  };
}

/** The packages' real bundles are the subject of bundle.test.ts. */
/** What instances of this launch template are given to boot from. */
export function userDataOf(recording: Recording, name: string): string {
  const { inputs } = recording.one("aws:ec2/launchTemplate:LaunchTemplate", name);
  return Buffer.from(String(inputs["userData"]), "base64").toString();
}

export const SHA256 = "ab".repeat(32);
async function standInBundle(_root: string, name: string, format: string) {
  return { name, path: `/bundles/${name}.${format}`, sha256: SHA256 };
}

function exactlyOne(resources: readonly Recorded[], type: string, name: string | undefined): Recorded {
  const found = resources.filter((item) => item.type === type && (name === undefined || item.name === name));
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} resources ${type} ${name ?? ""}`);
  return only;
}

/** The engine's rule of `ignoreChanges`: a resource that is there already keeps the property as the state has it. */
function keptOf({ inputs }: Recorded, ignoredChanges: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(ignoredChanges.filter((key) => key in inputs).map((key) => [key, inputs[key]]));
}

/** What AWS would compute. */
function computed({ type, name, id, inputs }: Recorded): Record<string, unknown> {
  const kind = type.split(":").at(-1) ?? type;
  return {
    ...inputs,
    arn: kind === "RouteTable" ? `arn:aws:ec2:${REGION}:${ACCOUNT}:route-table/${id}` : `arn:${kind}:${name}`,
    name: inputs["name"] ?? name,
    bucket: inputs["bucket"] ?? name,
    dnsName: `${name}.example`,
    zoneId: "zone",
    arnSuffix: `suffix-of-${name}`,
    latestVersion: 7,
    macAddress: "0a:00:00:00:00:01",
    privateKeyPem: `key of ${name}`,
    certRequestPem: `request of ${name}`,
    certPem: `certificate of ${name}`,
    validityEndTime: "2028-01-01T00:00:00Z",
    result: "password-of-32-characters",
    hex: "00ff",
    fqdn: "proof.example",
    domainValidationOptions: [{ resourceRecordName: "n", resourceRecordType: "CNAME", resourceRecordValue: "v" }],
  };
}

type Respond = (error: unknown, response: { getUrn(): string }) => void;
/** The SDK uses this one of its overloads. */
type RegisterResource = (request: RegisterRequest, respond: Respond) => never;

/** Mocks do not show a resource's options; the monitor's own call does. */
function observeOptions(): ReadonlyMap<string, Options> {
  const options = new Map<string, Options>();
  const monitor = pulumi.runtime.getMonitor();
  if (monitor === undefined) throw new Error("mocks have no monitor");
  const original = monitor.registerResource.bind(monitor) as unknown as RegisterResource;
  const observed: RegisterResource = (request, respond) => {
    const key = `${request.getType()}::${request.getName()}`;
    const given = optionsIn(request);
    // The mocks ask at once what is to be ignored; the URN is their answer.
    options.set(key, { ...given, urn: "" });
    return original(request, (error, response) => {
      if (!error) options.set(key, { ...given, urn: response.getUrn() });
      respond(error, response);
    });
  };
  monitor.registerResource = observed as unknown as typeof monitor.registerResource;
  return options;
}

async function resolve(program: Record<string, unknown>): Promise<Record<string, unknown>> {
  const entries = Object.entries(program).map(
    async ([key, value]): Promise<[string, unknown]> => [key, await plain(pulumi.output(value))],
  );
  return Object.fromEntries(await Promise.all(entries));
}

function plain(output: pulumi.Output<unknown>): Promise<unknown> {
  return new Promise((done) => {
    output.apply(done);
  });
}
