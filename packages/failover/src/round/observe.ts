import {
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeRouteTablesCommand,
  type Instance,
} from "@aws-sdk/client-ec2";
import type { ProbeReport } from "@cloudy/contracts/probe.ts";
import { callAws } from "../aws-call.ts";
import { withDeadline } from "../deadline.ts";
import type { InstanceState, InstanceView, Observation, RouteTableView } from "../decision/observation.ts";
import { messageOf } from "../errors.ts";
import { invokeProbe } from "../probe/probe-client.ts";
import type { Surroundings } from "../surroundings.ts";
import { FENCE_TAG, recentFences } from "./fence-record.ts";

/**
 * One look at everything. An unanswered EC2 call throws (without EC2's word nothing may be decided); an unanswered probe
 * makes the observation blind. `previous` is the round before, for what must last.
 */
export async function observe(around: Surroundings, previous?: Observation): Promise<Observation> {
  const [instances, tables] = await Promise.all([readInstances(around), readRouteTables(around)]);
  const probe = await readProbe(around, [...instances, ...vanished(instances, previous)]);
  const missing = holdersOf(probe).filter((id) => !instances.some((instance) => instance.instanceId === id));
  const others = await Promise.all(
    missing.map(async (id) => countGone(await readInstance(around, id), previous?.instances)),
  );
  return {
    instances: [...instances, ...others],
    routeTables: tables.map(({ id, route }) => ({ id, route })),
    recentFences: recentFences(
      tables.map(({ fences }) => fences),
      around.clock.now_ms(),
    ),
    probe,
  };
}

function countGone(instance: InstanceView, previous: readonly InstanceView[] = []): InstanceView {
  if (instance.state !== "gone") return instance;
  const before = previous.find(({ instanceId }) => instanceId === instance.instanceId);
  return { ...instance, privateIp: before?.privateIp, goneRounds: (before?.goneRounds ?? 0) + 1 };
}

/** Listed in the round before and not any more, though not known to be dead: asked at the address it had. */
function vanished(instances: readonly InstanceView[], previous: Observation | undefined): readonly InstanceView[] {
  const isListed = (id: string) => instances.some(({ instanceId }) => instanceId === id);
  return (previous?.instances ?? []).filter(({ instanceId, state }) => state !== "terminated" && !isListed(instanceId));
}

async function readInstances(around: Surroundings): Promise<readonly InstanceView[]> {
  const found: Instance[] = [];
  let next: string | undefined;
  do {
    const command = new DescribeInstancesCommand({
      Filters: [{ Name: `tag:${around.settings.databaseTag}`, Values: ["true"] }],
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

/** One instance by its id, tagged or not: `gone` when EC2 does not know it. */
export async function readInstance(around: Surroundings, id: string): Promise<InstanceView> {
  const gone: InstanceView = {
    instanceId: id,
    privateIp: undefined,
    state: "gone",
    status: "unknown",
    sourceDestCheck: false,
  };
  try {
    const command = new DescribeInstancesCommand({ InstanceIds: [id] });
    const answer = await callAws(around, "ec2:DescribeInstances", (options) =>
      around.clients.ec2.send(command, options),
    );
    const instance = answer.Reservations?.[0]?.Instances?.[0];
    return instance === undefined ? gone : viewOf(instance, "unknown");
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

/** The tagged route tables, or only `ids`, with their route to the virtual IP and what is written down of fences. */
export async function readRouteTables(
  around: Surroundings,
  ids?: readonly string[],
): Promise<readonly (RouteTableView & { readonly fences: string })[]> {
  const { clients, settings } = around;
  const command = new DescribeRouteTablesCommand({
    Filters: [{ Name: `tag:${settings.databaseTag}`, Values: ["true"] }],
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

async function readProbe(
  { clients, settings, clock, log }: Surroundings,
  instances: readonly InstanceView[],
): Promise<ProbeReport | undefined> {
  const candidates = instances.flatMap(({ instanceId, privateIp, state }) =>
    privateIp !== undefined && state !== "terminated" && state !== "shutting-down" ? [{ instanceId, privateIp }] : [],
  );
  try {
    return await withDeadline(clock, settings.probe_ms, "the probe function", (signal) =>
      invokeProbe(clients.lambda, settings.probeFunction, { candidates }, signal),
    );
  } catch (error) {
    log("error", messageOf(error), { code: "probe-failed" });
    return undefined;
  }
}

/** Holders of the epochs that the agents report. */
function holdersOf(probe: ProbeReport | undefined): readonly string[] {
  return [...new Set((probe?.results ?? []).flatMap(({ agent }) => agent?.epoch?.holder ?? []))];
}
