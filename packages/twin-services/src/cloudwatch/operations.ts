import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { Operations } from "@cloudy/twin-wire/operation.ts";
import { alarmOperations } from "./alarm-operations.ts";
import type { CloudWatch } from "./cloudwatch.ts";
import { metricOperations } from "./metric-operations.ts";

/** The API of CloudWatch. */
export function cloudWatchOperations({ metrics, alarms }: CloudWatch, graph: Graph): Operations {
  return { ...metricOperations(metrics), ...alarmOperations(graph, alarms) };
}
