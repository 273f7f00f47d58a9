import type { ProbeResult } from "@cloudy/contracts/probe-answer.ts";
import { currentEpoch } from "./epoch-view.ts";
import { leadRoutes } from "./lead-routes.ts";
import type { InstanceView, Observation } from "./observation.ts";
import type { Plan } from "./plan.ts";
import { decideSuccession } from "./succession.ts";

export const NONE_ONLINE = "No online instances to work with";

/**
 * What follows from this round's observation and the one before (`undefined` in the first round). Pure and total: it never
 * acts on what it does not see.
 */
export function decide(current: Observation, previous: Observation | undefined): Plan {
  const writer = findWriter(current);
  if (writer !== undefined) return serve(current, writer);
  return { ...decideSuccession(current, previous), online: 0, result: { statusCode: 403, body: NONE_ONLINE } };
}

/** A primary accepts sessions: the route must lead to it. */
function serve(current: Observation, writer: InstanceView): Plan {
  const actions = leadRoutes(current, writer);
  const moves = actions.filter((action) => action.do === "move-route").length;
  const tables = current.routeTables.length;
  const todo = moves === 0 ? "; nothing to do" : `; ${moves} of ${tables} route tables must be led to it`;
  return {
    code: tables === 0 ? "serves-without-route-table" : "serves",
    sentence:
      tables === 0
        ? `${writer.instanceId} serves, but there is no tagged route table to lead to it`
        : `${writer.instanceId} serves${todo}`,
    actions,
    online: 1,
    blind: false,
    soon: false,
    result: { statusCode: 200, body: `Route points to ${writer.instanceId}` },
  };
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
