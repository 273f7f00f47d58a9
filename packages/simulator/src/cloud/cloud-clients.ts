import type { ProbeEvent } from "@cloudy/failover";
import { EC2_CALL_MS, INVOKE_MS } from "../constants.ts";
import type { Life } from "../engine/life.ts";
import type { World } from "../world.ts";
import { type Instance, stateOf } from "./ec2.ts";
import { probe } from "./probe.ts";

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: Readonly<Record<string, unknown>>;
}

interface Options {
  readonly abortSignal?: AbortSignal;
}

/** An error as the SDK throws it. */
class ServiceError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** The AWS clients of one invocation, answered by the simulated cloud. Only `send` of what the function calls. */
export function createCloudClients(world: World, life: Life) {
  const client = { send: (command: Command, options: Options = {}) => send(world, life, command, options) };
  return { ec2: client, lambda: client, secrets: client, cloudWatch: client } as unknown;
}

function send(world: World, life: Life, command: Command, { abortSignal }: Options): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const answer = <Value>(act: (value: Value) => void) => {
      return (value: Value) =>
        life.run(() => {
          world.stage.resumes();
          act(value);
        });
    };
    abortSignal?.addEventListener("abort", () => reject(new ServiceError("AbortError", "Request aborted")));
    const { name } = command.constructor;
    if (name === "InvokeCommand") {
      invokeProbe(world, life, command, answer(resolve), answer(reject));
      return;
    }
    const isEc2 = name !== "GetSecretValueCommand" && name !== "PutMetricDataCommand";
    const delay_ms = isEc2 ? EC2_CALL_MS * world.trouble.ec2Delay() : EC2_CALL_MS;
    life.after(delay_ms, () => {
      world.stage.resumes();
      try {
        const refusal = isEc2 ? world.trouble.ec2Refusal() : undefined;
        if (refusal !== undefined) throw new ServiceError(refusal, "EC2 is in trouble");
        resolve(perform(world, name, command.input));
      } catch (error) {
        reject(error);
      }
    });
  });
}

function invokeProbe(
  world: World,
  life: Life,
  command: Command,
  resolve: (value: unknown) => void,
  reject: (error: unknown) => void,
): void {
  const event = JSON.parse(Buffer.from(command.input["Payload"] as Uint8Array).toString("utf8")) as ProbeEvent;
  life.after(INVOKE_MS, () => {
    if (world.trouble.isProbeFailing())
      reject(new ServiceError("ServiceException", "the probe function could not be started"));
    else probe(world, event, (answer) => resolve({ Payload: Buffer.from(JSON.stringify(answer)) }));
  });
}

function perform(world: World, name: string, input: Command["input"]): unknown {
  const { ec2 } = world;
  switch (name) {
    case "DescribeInstancesCommand":
      return describeInstances(world, input["InstanceIds"] as readonly string[] | undefined);
    case "DescribeInstanceStatusCommand":
      return {
        InstanceStatuses: (input["InstanceIds"] as readonly string[]).flatMap((id) => statusOf(ec2.instances.get(id))),
      };
    case "DescribeRouteTablesCommand":
      return { RouteTables: routeTables(world, input["RouteTableIds"] as readonly string[] | undefined) };
    case "CreateRouteCommand":
    case "ReplaceRouteCommand":
      return world.moveRoute(String(input["RouteTableId"]), String(input["InstanceId"]));
    case "ModifyInstanceAttributeCommand":
      return world.disableSourceDestCheck(String(input["InstanceId"]));
    case "TerminateInstancesCommand":
      for (const id of input["InstanceIds"] as readonly string[]) world.fence(id);
      return {};
    case "CreateTagsCommand":
      return createTags(world, input);
    case "GetSecretValueCommand":
      return { SecretString: JSON.stringify({ grantKey: world.stage.grantKey }) };
    case "PutMetricDataCommand":
      return {};
    default:
      throw new Error(`the simulated cloud does not know ${name}: add it to cloud-clients.ts`);
  }
}

function describeInstances(world: World, ids: readonly string[] | undefined) {
  const asOf_ms = world.stage.timeline.now_ms - world.trouble.ec2Age_ms();
  const known = [...world.ec2.instances.values()].filter((instance) => stateOf(instance, asOf_ms) !== undefined);
  if (ids === undefined) return { Reservations: [{ Instances: known.map((instance) => view(instance, asOf_ms)) }] };
  const found = known.filter(({ id }) => ids.includes(id));
  if (found.length === 0)
    throw new ServiceError("InvalidInstanceID.NotFound", `The instance ID '${ids[0]}' does not exist`);
  return { Reservations: [{ Instances: found.map((instance) => view(instance, asOf_ms)) }] };
}

function view(instance: Instance, asOf_ms: number) {
  const state = stateOf(instance, asOf_ms);
  return {
    InstanceId: instance.id,
    ...(state === "terminated" ? {} : { PrivateIpAddress: instance.ip }),
    State: { Name: state },
    SourceDestCheck: instance.sourceDestCheck,
    LaunchTime: new Date(instance.states[0]?.at_ms ?? 0),
    Tags: [{ Key: "database", Value: "true" }],
  };
}

function statusOf(instance: Instance | undefined) {
  if (instance === undefined) return [];
  const Status = instance.isImpaired ? "impaired" : "ok";
  return [{ InstanceId: instance.id, SystemStatus: { Status }, InstanceStatus: { Status } }];
}

function routeTables(world: World, ids: readonly string[] | undefined) {
  const tables = [...world.routes].filter(([id]) => ids === undefined || ids.includes(id));
  return tables.map(([id, target]) => routeTable(world, id, target));
}

function routeTable(world: World, RouteTableId: string, target: string | undefined) {
  const instance = target === undefined ? undefined : world.ec2.instances.get(target);
  const State = instance === undefined || stateOf(instance) !== "running" ? "blackhole" : "active";
  const route = { DestinationCidrBlock: "10.10.10.10/32", InstanceId: target, State };
  const Tags = [...(world.routeTableTags.get(RouteTableId) ?? [])].map(([Key, Value]) => ({ Key, Value }));
  return { RouteTableId, Routes: target === undefined ? [] : [route], Tags };
}

function createTags(world: World, input: Command["input"]) {
  for (const id of input["Resources"] as readonly string[]) {
    const tags = world.routeTableTags.get(id) ?? new Map<string, string>();
    for (const { Key, Value } of input["Tags"] as readonly { Key: string; Value: string }[]) tags.set(Key, Value);
    world.routeTableTags.set(id, tags);
  }
  return {};
}
