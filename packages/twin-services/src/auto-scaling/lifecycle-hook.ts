import type { Graph } from "@cloudy/twin-model/graph.ts";
import { type Properties, propertiesOf } from "@cloudy/twin-model/properties.ts";

export type HookResult = "CONTINUE" | "ABANDON";

/** A hook of the transition `autoscaling:EC2_INSTANCE_LAUNCHING`, the only one that the twin knows. */
export interface LifecycleHook {
  readonly name: string;
  /** An action that nobody completes within this time, counted from its start or its last heartbeat, takes the default result. */
  readonly heartbeat_s: number;
  readonly defaultResult: HookResult;
}

export const LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING";

/** What AWS takes. */
const HEARTBEAT_S = { min: 30, max: 7_200, default: 3_600 };

/** Throws a plain Error for what AWS refuses, or the twin does not model. */
export function lifecycleHook(given: {
  readonly name: string;
  readonly transition: string | undefined;
  readonly heartbeat_s: number | undefined;
  readonly defaultResult: string | undefined;
}): LifecycleHook {
  const { name, transition, heartbeat_s = HEARTBEAT_S.default, defaultResult = "ABANDON" } = given;
  if (transition !== LAUNCHING) {
    throw new Error(`The lifecycle hook ${name} is of ${transition}, but the twin knows ${LAUNCHING} only.`);
  }
  if (!(heartbeat_s >= HEARTBEAT_S.min && heartbeat_s <= HEARTBEAT_S.max)) {
    throw new Error(
      `Heartbeat Timeout must be between ${HEARTBEAT_S.min} and ${HEARTBEAT_S.max}; ${name} has ${heartbeat_s}.`,
    );
  }
  if (defaultResult !== "CONTINUE" && defaultResult !== "ABANDON") {
    throw new Error(`The default result of the lifecycle hook ${name} is ${defaultResult}, not CONTINUE or ABANDON.`);
  }
  return { name, heartbeat_s, defaultResult };
}

/** The hooks of each group by its name: those that it is made with, and the program's own resources. */
export function declaredHooks(graph: Graph): ReadonlyMap<string, readonly LifecycleHook[]> {
  const initial = graph.ofType("aws:autoscaling/group:Group").flatMap((resource) => {
    const properties = propertiesOf(resource);
    return properties
      .children("initialLifecycleHooks")
      .map((hook) => ({ group: properties.text("name"), hook: read(hook) }));
  });
  const own = graph.ofType("aws:autoscaling/lifecycleHook:LifecycleHook").map((resource) => {
    const properties = propertiesOf(resource);
    return { group: properties.text("autoscalingGroupName"), hook: read(properties) };
  });
  const byGroup = Map.groupBy([...initial, ...own], ({ group }) => group);
  return new Map([...byGroup].map(([group, found]) => [group, found.map(({ hook }) => hook)]));
}

function read(properties: Properties): LifecycleHook {
  return lifecycleHook({
    name: properties.text("name"),
    transition: properties.text("lifecycleTransition"),
    heartbeat_s: properties.optionalNumber("heartbeatTimeout"),
    defaultResult: properties.optionalText("defaultResult"),
  });
}
