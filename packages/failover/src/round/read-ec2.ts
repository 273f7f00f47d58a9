import {
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeRouteTablesCommand,
  type Filter,
  type Instance,
  type Tag,
} from "@aws-sdk/client-ec2";
import { FENCE_TAG } from "@cloudy/contracts/stack-tags.ts";
import { callAws } from "../aws-call.ts";
import type { InstanceState, InstanceView, RouteTableView } from "../decision/observation.ts";
import type { Surroundings } from "../surroundings.ts";

/** One instance by its id, whosesoever it is. */
interface FoundInstance {
  readonly view: InstanceView;
  /** It carries this stack's tags. One that EC2 does not know carries none. */
  readonly isOwn: boolean;
}

/**
 * What is this stack's. By tags, for they outlast what an instance loses when it leaves its group (the group's own tag) or is
 * terminated (its subnet and VPC); a terminated one keeps them about as long as EC2 lists it.
 */
function ownFilters({ settings }: Surroundings): Filter[] {
  return Object.entries(settings.ownTags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] }));
}

function areOwn(tags: readonly Tag[] | undefined, { settings }: Surroundings): boolean {
  const has = ([key, value]: [string, string]) => tags?.some((tag) => tag.Key === key && tag.Value === value) === true;
  return Object.entries(settings.ownTags).every(has);
}

/** All instances of the cluster with their status checks, terminated ones as long as EC2 lists them. */
export async function readInstances(around: Surroundings): Promise<readonly InstanceView[]> {
  const found: Instance[] = [];
  let next: string | undefined;
  do {
    const command = new DescribeInstancesCommand({
      Filters: ownFilters(around),
      ...(next === undefined ? {} : { NextToken: next }),
    });
    const page = await callAws(around, "ec2:DescribeInstances", (options) => around.clients.ec2.send(command, options));
    found.push(...(page.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []));
    next = page.NextToken;
  } while (next !== undefined && next !== "");
  const running = found
    .filter((instance) => instance.State?.Name === "running")
    .flatMap(({ InstanceId }) => InstanceId ?? []);
  const statuses = await readStatuses(around, running);
  return found.map((instance) => viewOf(instance, statuses.get(instance.InstanceId ?? "") ?? "unknown"));
}

/** System and instance status checks; one that is impaired makes the instance impaired. */
async function readStatuses(
  around: Surroundings,
  ids: readonly string[],
): Promise<Map<string, InstanceView["status"]>> {
  if (ids.length === 0) return new Map();
  const command = new DescribeInstanceStatusCommand({ InstanceIds: [...ids], IncludeAllInstances: true });
  const answer = await callAws(around, "ec2:DescribeInstanceStatus", (options) =>
    around.clients.ec2.send(command, options),
  );
  return new Map(
    (answer.InstanceStatuses ?? []).map((status) => {
      const checks = [status.SystemStatus?.Status, status.InstanceStatus?.Status];
      return [status.InstanceId ?? "", verdictOf(checks)];
    }),
  );
}

function verdictOf(checks: readonly (string | undefined)[]): InstanceView["status"] {
  if (checks.includes("impaired")) return "impaired";
  if (checks.includes("initializing")) return "initializing";
  return checks.every((check) => check === "ok") ? "ok" : "unknown";
}

/** One instance by its id, whatever its tags: `gone` when EC2 does not know it. */
export async function readInstance(around: Surroundings, id: string): Promise<FoundInstance> {
  const gone: FoundInstance = {
    view: { instanceId: id, privateIp: undefined, state: "gone", status: "unknown", sourceDestCheck: false },
    isOwn: false,
  };
  try {
    const command = new DescribeInstancesCommand({ InstanceIds: [id] });
    const answer = await callAws(around, "ec2:DescribeInstances", (options) =>
      around.clients.ec2.send(command, options),
    );
    const instance = answer.Reservations?.[0]?.Instances?.[0];
    if (instance === undefined) return gone;
    return { view: viewOf(instance, "unknown"), isOwn: areOwn(instance.Tags, around) };
  } catch (error) {
    if (error instanceof Error && error.name === "InvalidInstanceID.NotFound") return gone;
    throw error;
  }
}

function viewOf(instance: Instance, status: InstanceView["status"]): InstanceView {
  const state: InstanceState = instance.State?.Name ?? "pending";
  return {
    instanceId: instance.InstanceId ?? "",
    privateIp: instance.PrivateIpAddress,
    state,
    status,
    sourceDestCheck: instance.SourceDestCheck !== false,
  };
}

/** The cluster's route tables, or only `ids`, with their route to the virtual IP and what is written down of fences. */
export async function readRouteTables(
  around: Surroundings,
  ids?: readonly string[],
): Promise<readonly (RouteTableView & { readonly fences: string })[]> {
  const { clients, settings } = around;
  const command = new DescribeRouteTablesCommand({
    Filters: ownFilters(around),
    ...(ids === undefined ? {} : { RouteTableIds: [...ids] }),
  });
  const answer = await callAws(around, "ec2:DescribeRouteTables", (options) => clients.ec2.send(command, options));
  return (answer.RouteTables ?? []).map((table) => {
    const route = table.Routes?.find((candidate) => candidate.DestinationCidrBlock === settings.virtualIpCidr);
    return {
      id: table.RouteTableId ?? "",
      fences: table.Tags?.find(({ Key }) => Key === FENCE_TAG)?.Value ?? "",
      route:
        route === undefined
          ? undefined
          : { instanceId: route.InstanceId, state: route.State === "blackhole" ? "blackhole" : "active" },
    };
  });
}
