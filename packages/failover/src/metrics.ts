import { PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type { Clients } from "./clients.ts";
import { AWS_REQUEST_TIMEOUT_MS } from "./constants.ts";
import { withDeadline } from "./deadline.ts";
import { messageOf } from "./errors.ts";
import { log } from "./log.ts";

export interface Tally {
  /** OnlineDatabases of each round. */
  readonly online: readonly number[];
  readonly routeChanges: number;
  readonly fences: number;
}

/** One request an invocation; each round's OnlineDatabases keeps its own value, so that Minimum shows the worst round. */
export async function putMetrics(clients: Clients, namespace: string, tally: Tally): Promise<void> {
  if (tally.online.length === 0) return;
  const count = (name: string, value: number) => ({ MetricName: name, Value: value, Unit: "Count" as const });
  const command = new PutMetricDataCommand({
    Namespace: namespace,
    MetricData: [
      { MetricName: "OnlineDatabases", Unit: "Count", ...distribution(tally.online) },
      count("RouteChanges", tally.routeChanges),
      count("Fences", tally.fences),
    ],
  });
  try {
    await withDeadline(AWS_REQUEST_TIMEOUT_MS, "cloudwatch:PutMetricData", (abortSignal) =>
      clients.cloudWatch.send(command, { abortSignal }),
    );
  } catch (error) {
    log("error", `metrics could not be put: ${messageOf(error)}`);
  }
}

function distribution(values: readonly number[]): { Values: number[]; Counts: number[] } {
  const distinct = [...new Set(values)];
  return { Values: distinct, Counts: distinct.map((value) => values.filter((other) => other === value).length) };
}
