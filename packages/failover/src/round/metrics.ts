import { type MetricDatum, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { callAws } from "../aws-call.ts";
import { messageOf } from "../errors.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Round } from "./round.ts";

interface Tally {
  /** OnlineDatabases of each round. */
  readonly online: readonly number[];
  readonly routeChanges: number;
  readonly fences: number;
  readonly blindRounds: number;
  readonly without_s: number;
}

export const NOTHING_TALLIED: Tally = { online: [], routeChanges: 0, fences: 0, blindRounds: 0, without_s: 0 };

/** `round` is `undefined` when EC2 did not answer it: then nobody counted, and no value says so better than none. */
export function addRound(tally: Tally, round: Round | undefined, trigger: "schedule" | "event"): Tally {
  if (round === undefined) return { ...tally, blindRounds: tally.blindRounds + 1 };
  return {
    online: [...tally.online, round.plan.online],
    routeChanges: tally.routeChanges + round.done.routeChanges,
    fences: tally.fences + round.done.fences,
    blindRounds: tally.blindRounds + (round.plan.blind ? 1 : 0),
    // Invocations by events overlap the scheduled ones, which see the same seconds.
    without_s: tally.without_s + (trigger === "schedule" ? round.without_s : 0),
  };
}

/** One request an invocation; each round's OnlineDatabases keeps its own value, so that Minimum shows the worst round. */
export async function putMetrics(around: Surroundings, tally: Tally): Promise<void> {
  const count = (name: string, value: number): MetricDatum => ({ MetricName: name, Unit: "Count", Value: value });
  const online: MetricDatum[] =
    tally.online.length === 0 ? [] : [{ MetricName: "OnlineDatabases", Unit: "Count", ...distribution(tally.online) }];
  const command = new PutMetricDataCommand({
    Namespace: around.settings.metricsNamespace,
    MetricData: [
      ...online,
      count("RouteChanges", tally.routeChanges),
      count("Fences", tally.fences),
      count("BlindRounds", tally.blindRounds),
      { MetricName: "TimeWithoutWriter", Unit: "Seconds", Value: tally.without_s },
    ],
  });
  try {
    await callAws(around, "cloudwatch:PutMetricData", (options) => around.clients.cloudWatch.send(command, options));
  } catch (error) {
    around.log("error", `metrics could not be put: ${messageOf(error)}`, { code: "metrics-failed" });
  }
}

function distribution(values: readonly number[]): { Values: number[]; Counts: number[] } {
  const distinct = [...new Set(values)];
  return { Values: distinct, Counts: distinct.map((value) => values.filter((other) => other === value).length) };
}
