import { fileURLToPath } from "node:url";
import type { AlarmState } from "@cloudy/twin-model/bus.ts";
import type { Graph, GraphResource } from "@cloudy/twin-model/graph.ts";
import { cloudWorld } from "@cloudy/twin-services/test/cloud-world.ts";
import { recordProgram } from "../src/program/record.ts";
import { StackScript } from "./stack-script.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const MINUTE_MS = 60_000;
const DEPLOY_MIN = 20;

/** The program, with somebody who hears of its alarms. */
export async function recordedProgram(stack: string, changes: Readonly<Record<string, string>> = {}): Promise<Graph> {
  return await recordProgram(ROOT, stack, { "cloudy:alarmEmail": "on-call@example.com", ...changes });
}

/** The alarms that page somebody: those of the component. */
export function pagingAlarms(graph: Graph): readonly GraphResource[] {
  return graph
    .ofType("aws:cloudwatch/metricAlarm:MetricAlarm")
    .filter(({ parent }) => parent?.includes("cloudy:infra:Alarms") === true);
}

export type AlarmWorld = ReturnType<typeof alarmWorld>;

/** The services with the program's own graph over a clock that the test moves, and a script for the program's processes. */
export function alarmWorld(graph: Graph) {
  const world = cloudWorld({ graph });
  const { clock, cloud } = world;
  const script = new StackScript(world, graph);
  const { facts } = script;
  cloud.start();
  const alarms = pagingAlarms(graph);
  const names = new Map(alarms.map(({ name, outputs }) => [String(outputs["name"]), name]));
  const find = (name: string) => alarms.find((alarm) => alarm.name === name)?.outputs ?? {};
  return {
    ...world,
    facts,
    idsOf: (name: string) => script.idsOf(name),
    minutes: (count: number) => clock.advance(count * MINUTE_MS),
    /** A first deployment, and the first requests after it. */
    deploy: async () => {
      await clock.advance(DEPLOY_MIN * MINUTE_MS);
      facts.requests = 120;
      await clock.advance(10 * MINUTE_MS);
    },
    /** Logical names of the component's alarms, each time that one was raised. */
    raised: () =>
      world.events.flatMap((event) => {
        const name = event.kind === "alarm-state" && event.to === "ALARM" ? names.get(event.alarmName) : undefined;
        return name === undefined ? [] : [name];
      }),
    state: (name: string): AlarmState | undefined => cloud.cloudWatch.alarms.find(String(find(name)["name"]))?.state,
    elapsed_min: () => Math.round(world.elapsed_s() / 60),
    /** Puts what the twin does not model in AWS's place. */
    putForAws: (name: string, value: number) => {
      const { namespace, metricName, dimensions } = find(name);
      const metric = { namespace: String(namespace), name: String(metricName), dimensions: Object(dimensions) };
      cloud.cloudWatch.metrics.put(metric, { values: [value], counts: [1] }, clock.now());
    },
  };
}
