import type { InstanceView, Observation, RouteTableView } from "./observation.ts";
import type { Action } from "./plan.ts";

/** Every table's route to the instance that serves: kept where it is right, else moved. */
export function leadRoutes({ routeTables }: Observation, writer: InstanceView): readonly Action[] {
  const routes = routeTables.map(({ id, route }): Action => {
    const isRight = route?.instanceId === writer.instanceId && route.state === "active";
    if (isRight) return { do: "keep-route", routeTableId: id, instanceId: writer.instanceId };
    return { do: "move-route", routeTableId: id, instanceId: writer.instanceId, seen: route };
  });
  return [...checkOff(writer), ...routes];
}

/**
 * Routes that lead nowhere are led to `next`, the instance that is about to serve, before it does: whoever uses them gets a
 * refusal at once instead of silence, and one round less passes until it serves. A route to a live machine is left alone.
 */
export function leadDeadRoutes({ routeTables, instances }: Observation, next: InstanceView): readonly Action[] {
  const isDead = (route: RouteTableView["route"]) => {
    if (route === undefined || route.state === "blackhole") return true;
    const state = instances.find(({ instanceId }) => instanceId === route.instanceId)?.state;
    return state === "terminated" || state === "gone";
  };
  const moves = routeTables
    .filter(({ route }) => isDead(route))
    .map(
      ({ id, route }): Action => ({
        do: "move-route",
        routeTableId: id,
        instanceId: next.instanceId,
        seen: route,
      }),
    );
  return moves.length === 0 ? [] : [...checkOff(next), ...moves];
}

/** With the check on, the instance would drop what is addressed to the virtual IP: first the check, then the route. */
function checkOff({ instanceId, sourceDestCheck }: InstanceView): readonly Action[] {
  return sourceDestCheck ? [{ do: "disable-source-dest-check", instanceId }] : [];
}
