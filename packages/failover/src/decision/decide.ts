import type { ProbeResult } from "@cloudy/contracts/probe-answer.ts";
import { currentEpoch } from "./epoch-view.ts";
import { leadRoutes } from "./lead-routes.ts";
import type { InstanceView, Observation } from "./observation.ts";
import type { Plan } from "./plan.ts";
import { decideSuccession } from "./succession.ts";
import { judgeUnfit } from "./unfit-holder.ts";

export const NONE_ONLINE = "No online instances to work with";

/**
 * What follows from this round's observation and the one before (`undefined` in the first round). Pure and total: it never
 * acts on what it does not see.
 */
export function decide(current: Observation, previous: Observation | undefined): Plan {
  const writer = findWriter(current);
  if (writer !== undefined) return serve(current, previous, writer);
  return { ...decideSuccession(current, previous), online: 0, result: { statusCode: 403, body: NONE_ONLINE } };
}

/** A primary accepts sessions: the route must lead to it. */
function serve(current: Observation, previous: Observation | undefined, writer: InstanceView): Plan {
  const handover = judgeServing(current, previous, writer);
  const routes = leadRoutes(current, writer);
  const actions = handover === undefined ? routes : [...routes, handover];
  const moves = actions.filter((action) => action.do === "move-route").length;
  const tables = current.routeTables.length;
  const todo = moves === 0 ? "; nothing to do" : `; ${moves} of ${tables} route tables must be led to it`;
  const served: Pick<Plan, "code" | "sentence"> =
    tables === 0
      ? {
          code: "serves-without-route-table",
          sentence: `${writer.instanceId} serves, but there is no tagged route table to lead to it`,
        }
      : { code: "serves", sentence: `${writer.instanceId} serves${todo}` };
  return {
    ...(handover === undefined
      ? served
      : { code: "holder-unfit", sentence: `${writer.instanceId} serves, but is to step down: ${handover.because}` }),
    actions,
    online: 1,
    blind: false,
    soon: false,
    result: { statusCode: 200, body: `Route points to ${writer.instanceId}` },
  };
}

/** What the probe does not see may still keep the clients out: then it hands over as well. */
function judgeServing(current: Observation, previous: Observation | undefined, holder: InstanceView) {
  const epoch = current.probe && currentEpoch(current.probe);
  if (current.probe === undefined || epoch === undefined) return undefined;
  const round = { observation: current, ...current.probe };
  return judgeUnfit({ round, previous, epoch, holder, serves: true })?.order;
}

/**
 * The instance that serves: PostgreSQL accepts, and its agent calls itself the holder of the highest epoch that anybody
 * reports. While its agent is away (it restarts, its orphaned postgres serves on), the others' word on who holds that epoch
 * is enough.
 */
export function findWriter({ instances, probe }: Observation): InstanceView | undefined {
  if (probe === undefined) return undefined;
  const holder = currentEpoch(probe)?.holder;
  const serves = (result: ProbeResult) => {
    if (result.postgres !== "accepting" || result.instanceId !== holder) return false;
    if (result.agent === undefined) return true;
    // Cut off from its file system a postgres still answers from memory, but not one commit ends.
    return result.agent.role === "primary" && result.agent.fileSystem !== "unreachable";
  };
  const result = probe.results.find(serves);
  return instances.find((instance) => instance.instanceId === result?.instanceId && instance.state === "running");
}
