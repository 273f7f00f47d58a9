import type { ProbeReport } from "@cloudy/contracts/probe-answer.ts";
import { withDeadline } from "../deadline.ts";
import type { InstanceView, Observation } from "../decision/observation.ts";
import { messageOf } from "../errors.ts";
import { invokeProbe } from "../probe/probe-client.ts";
import type { Surroundings } from "../surroundings.ts";
import { recentFences } from "./fence-record.ts";
import { readInstance, readInstances, readRouteTables } from "./read-ec2.ts";

/**
 * One look at everything. An unanswered EC2 call throws (without EC2's word nothing may be decided); an unanswered probe
 * makes the observation blind. `previous` is the round before, for what must last.
 */
export async function observe(around: Surroundings, previous?: Observation): Promise<Observation> {
  const [instances, tables] = await Promise.all([readInstances(around), readRouteTables(around)]);
  const probe = await readProbe(around, [...instances, ...vanished(instances, previous)]);
  const missing = holdersOf(probe).filter((id) => !instances.some((instance) => instance.instanceId === id));
  const others = await Promise.all(
    missing.map(async (id) => countGone((await readInstance(around, id)).view, previous?.instances)),
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
