import type { ProbeEvent } from "@cloudy/contracts/probe-event.ts";
import type { Clients } from "@cloudy/failover";
import { EC2_CALL_MS, INVOKE_MS } from "../constants.ts";
import type { Life } from "../engine/life.ts";
import type { Stage } from "../engine/stage.ts";
import type { ControlPlaneTrouble } from "./control-plane-trouble.ts";
import { type Ec2, type Instance, stateOf } from "./ec2.ts";
import { isAskedFor, NEIGHBOUR, OWN_TAGS } from "./ownership.ts";
import type { Probe } from "./probe.ts";
import type { Routes } from "./routes.ts";

/** What the function gets to by its calls. */
export interface Cloud {
  readonly stage: Stage;
  readonly ec2: Ec2;
  readonly routes: Routes;
  readonly trouble: ControlPlaneTrouble;
  readonly probe: Probe;
}

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
export function createCloudClients(cloud: Cloud, life: Life): Clients {
  const client = { send: (command: Command, options: Options = {}) => send(cloud, life, command, options) };
  return { ec2: client, lambda: client, secrets: client, cloudWatch: client } as unknown as Clients;
}

function send(cloud: Cloud, life: Life, command: Command, { abortSignal }: Options): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const answer = <Value>(act: (value: Value) => void) => {
      return (value: Value) =>
        life.run(() => {
          cloud.stage.resumes();
          act(value);
        });
    };
    abortSignal?.addEventListener("abort", () => reject(new ServiceError("AbortError", "Request aborted")));
    const { name } = command.constructor;
    if (name === "InvokeCommand") {
      invokeProbe(cloud, life, command, answer(resolve), answer(reject));
      return;
    }
    const isEc2 = name !== "GetSecretValueCommand" && name !== "PutMetricDataCommand";
    const delay_ms = isEc2 ? EC2_CALL_MS * cloud.trouble.ec2Delay() : EC2_CALL_MS;
    life.after(delay_ms, () => {
      cloud.stage.resumes();
      try {
        const refusal = isEc2 ? cloud.trouble.ec2Refusal() : undefined;
        if (refusal !== undefined) throw new ServiceError(refusal, "EC2 is in trouble");
        resolve(perform(cloud, name, command.input));
      } catch (error) {
        reject(error);
      }
    });
  });
}

function invokeProbe(
  cloud: Cloud,
  life: Life,
  command: Command,
  resolve: (value: unknown) => void,
  reject: (error: unknown) => void,
): void {
  const event = JSON.parse(Buffer.from(command.input["Payload"] as Uint8Array).toString("utf8")) as ProbeEvent;
  life.after(INVOKE_MS, () => {
    if (cloud.trouble.isProbeFailing())
      reject(new ServiceError("ServiceException", "the probe function could not be started"));
    else cloud.probe.invoke(event, (answer) => resolve({ Payload: Buffer.from(JSON.stringify(answer)) }));
  });
}

function perform(cloud: Cloud, name: string, input: Command["input"]): unknown {
  const { ec2 } = cloud;
  if (!name.startsWith("Describe")) refuseNeighbours(input);
  switch (name) {
    case "DescribeInstancesCommand":
      return describeInstances(cloud, input);
    case "DescribeInstanceStatusCommand":
      return {
        InstanceStatuses: (input["InstanceIds"] as readonly string[]).flatMap((id) => statusOf(ec2.instances.get(id))),
      };
    case "DescribeRouteTablesCommand":
      return { RouteTables: routeTables(cloud, input) };
    case "CreateRouteCommand":
    case "ReplaceRouteCommand":
      cloud.routes.move(String(input["RouteTableId"]), String(input["InstanceId"]));
      return {};
    case "ModifyInstanceAttributeCommand":
      cloud.ec2.disableSourceDestCheck(String(input["InstanceId"]));
      return {};
    case "TerminateInstancesCommand":
      for (const id of input["InstanceIds"] as readonly string[]) cloud.ec2.fence(id);
      return {};
    case "CreateTagsCommand":
      createTags(cloud.routes, input);
      return {};
    case "GetSecretValueCommand":
      return { SecretString: JSON.stringify({ grantKey: cloud.stage.grantKey }) };
    case "PutMetricDataCommand":
      return {};
    default:
      throw new Error(`the simulated cloud does not know ${name}: add it to cloud-clients.ts`);
  }
}

/** As the role's conditions do. */
function refuseNeighbours(input: Command["input"]): void {
  const { InstanceId, InstanceIds, RouteTableId, Resources } = input;
  const touched = [InstanceId, InstanceIds, RouteTableId, Resources].flat();
  for (const id of [NEIGHBOUR.instanceId, NEIGHBOUR.routeTableId]) {
    if (touched.includes(id)) throw new ServiceError("UnauthorizedOperation", `${id} belongs to another stack`);
  }
}

function describeInstances(cloud: Cloud, input: Command["input"]) {
  const ids = input["InstanceIds"] as readonly string[] | undefined;
  const asOf_ms = cloud.stage.timeline.now_ms - cloud.trouble.ec2Age_ms();
  const known = [...cloud.ec2.instances.values()].filter((instance) => stateOf(instance, asOf_ms) !== undefined);
  if (ids === undefined) {
    const own = isAskedFor(input["Filters"], OWN_TAGS) ? known.map((instance) => view(instance, asOf_ms)) : [];
    const others = isAskedFor(input["Filters"], NEIGHBOUR.tags) ? [neighbour()] : [];
    return { Reservations: [{ Instances: [...own, ...others] }] };
  }
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
    Tags: tagList(OWN_TAGS),
  };
}

function neighbour() {
  return {
    InstanceId: NEIGHBOUR.instanceId,
    PrivateIpAddress: NEIGHBOUR.ip,
    State: { Name: "running" },
    SourceDestCheck: true,
    Tags: tagList(NEIGHBOUR.tags),
  };
}

function tagList(tags: Readonly<Record<string, string>>) {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

function statusOf(instance: Instance | undefined) {
  if (instance === undefined) return [];
  const Status = instance.isImpaired ? "impaired" : "ok";
  return [{ InstanceId: instance.id, SystemStatus: { Status }, InstanceStatus: { Status } }];
}

function routeTables(cloud: Cloud, input: Command["input"]) {
  const ids = input["RouteTableIds"] as readonly string[] | undefined;
  const isNamed = (id: string) => ids === undefined || ids.includes(id);
  const own = isAskedFor(input["Filters"], OWN_TAGS) ? [...cloud.routes.targets].filter(([id]) => isNamed(id)) : [];
  const other = { RouteTableId: NEIGHBOUR.routeTableId, Routes: [], Tags: tagList(NEIGHBOUR.tags) };
  const isSeen = isAskedFor(input["Filters"], NEIGHBOUR.tags) && isNamed(NEIGHBOUR.routeTableId);
  return [...own.map(([id, target]) => routeTable(cloud, id, target)), ...(isSeen ? [other] : [])];
}

function routeTable(cloud: Cloud, RouteTableId: string, target: string | undefined) {
  const instance = target === undefined ? undefined : cloud.ec2.instances.get(target);
  const State = instance === undefined || stateOf(instance) !== "running" ? "blackhole" : "active";
  const route = { DestinationCidrBlock: "10.10.10.10/32", InstanceId: target, State };
  const Tags = tagList({ ...OWN_TAGS, ...Object.fromEntries(cloud.routes.tags.get(RouteTableId) ?? []) });
  return { RouteTableId, Routes: target === undefined ? [] : [route], Tags };
}

function createTags(routes: Routes, input: Command["input"]): void {
  const tags = input["Tags"] as readonly { readonly Key: string; readonly Value: string }[];
  for (const id of input["Resources"] as readonly string[]) {
    for (const { Key, Value } of tags) routes.tag(id, Key, Value);
  }
}
