import { PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { callAws } from "./aws-call.ts";
import { messageOf } from "./errors.ts";
import type { Surroundings } from "./surroundings.ts";

export interface Tally {
  /** OnlineDatabases of each round. */
  readonly online: readonly number[];
  readonly routeChanges: number;
  readonly fences: number;
}

/** One request an invocation; each round's OnlineDatabases keeps its own value, so that Minimum shows the worst round. */
export async function putMetrics(around: Surroundings, tally: Tally): Promise<void> {
  if (tally.online.length === 0) return;
  const count = (name: string, value: number) => ({ MetricName: name, Value: value, Unit: "Count" as const });
  const command = new PutMetricDataCommand({
    Namespace: around.settings.metricsNamespace,
    MetricData: [
      { MetricName: "OnlineDatabases", Unit: "Count", ...distribution(tally.online) },
      count("RouteChanges", tally.routeChanges),
      count("Fences", tally.fences),
    ],
  });
  try {
    await callAws(around, "cloudwatch:PutMetricData", (options) => around.clients.cloudWatch.send(command, options));
  } catch (error) {
    around.log("error", `metrics could not be put: ${messageOf(error)}`);
  }
}

function distribution(values: readonly number[]): { Values: number[]; Counts: number[] } {
  const distinct = [...new Set(values)];
  return { Values: distinct, Counts: distinct.map((value) => values.filter((other) => other === value).length) };
}
