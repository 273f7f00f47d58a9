import { type MetricDatum, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type { FailoverMetric } from "@cloudy/contracts/metrics.ts";
import { STACK_DIMENSION } from "@cloudy/contracts/stack-tags.ts";
import { callAws } from "../aws-call.ts";
import { messageOf } from "../errors.ts";
import type { Surroundings } from "../surroundings.ts";
import { type DatabaseHealth, databaseHealth } from "./database-health.ts";
import type { Round } from "./round.ts";

interface Tally {
  /** OnlineDatabases of each round. */
  readonly online: readonly number[];
  /** ReadyStandbys of each round that could count them. */
  readonly readyStandbys: readonly number[];
  readonly routeChanges: number;
  readonly fences: number;
  readonly blindRounds: number;
  readonly without_s: number;
  /** A host is lost, and the fences of this hour are used up. */
  readonly fenceLimitReached: boolean;
  /** What was said last. */
  readonly health: Partial<DatabaseHealth>;
}

export const NOTHING_TALLIED: Tally = {
  online: [],
  readyStandbys: [],
  routeChanges: 0,
  fences: 0,
  blindRounds: 0,
  without_s: 0,
  fenceLimitReached: false,
  health: {},
};

/** `round` is `undefined` when EC2 did not answer it: then nobody counted, and no value says so better than none. */
export function addRound(tally: Tally, round: Round | undefined, trigger: "schedule" | "event"): Tally {
  if (round === undefined) return { ...tally, blindRounds: tally.blindRounds + 1 };
  const health = databaseHealth(round.observation, round.memory.at_ms ?? Number.NaN);
  return {
    online: [...tally.online, round.plan.online],
    readyStandbys: [...tally.readyStandbys, ...(health.readyStandbys === undefined ? [] : [health.readyStandbys])],
    routeChanges: tally.routeChanges + round.done.routeChanges,
    fences: tally.fences + round.done.fences,
    blindRounds: tally.blindRounds + (round.plan.blind ? 1 : 0),
    // Invocations by events overlap the scheduled ones, which see the same seconds.
    without_s: tally.without_s + (trigger === "schedule" ? round.without_s : 0),
    fenceLimitReached: tally.fenceLimitReached || round.plan.code === "too-many-fences",
    health: newest(tally.health, health),
  };
}

/** One request an invocation; what each round counts keeps its own value, so that Minimum shows the worst round. */
export async function putMetrics(around: Surroundings, tally: Tally): Promise<void> {
  const { metricsNamespace, stack } = around.settings;
  const command = new PutMetricDataCommand({
    Namespace: metricsNamespace,
    MetricData: dataOf(tally).map((datum) => ({ ...datum, Dimensions: [{ Name: STACK_DIMENSION, Value: stack }] })),
  });
  try {
    await callAws(around, "cloudwatch:PutMetricData", (options) => around.clients.cloudWatch.send(command, options));
  } catch (error) {
    around.log("error", `metrics could not be put: ${messageOf(error)}`, { code: "metrics-failed" });
  }
}

function dataOf(tally: Tally): MetricDatum[] {
  const { backupAge_s, walAge_s, certificateDays } = tally.health;
  return [
    ...counts("OnlineDatabases", tally.online),
    ...value("RouteChanges", "Count", tally.routeChanges),
    ...value("Fences", "Count", tally.fences),
    ...value("BlindRounds", "Count", tally.blindRounds),
    ...value("TimeWithoutWriter", "Seconds", tally.without_s),
    ...counts("ReadyStandbys", tally.readyStandbys),
    ...value("FenceLimitReached", "Count", tally.fenceLimitReached ? 1 : 0),
    ...value("BackupAge", "Seconds", backupAge_s),
    ...value("WalAge", "Seconds", walAge_s),
    ...value("CertificateDays", "None", certificateDays),
  ];
}

function value(name: FailoverMetric, unit: "Count" | "Seconds" | "None", given: number | undefined): MetricDatum[] {
  return given === undefined ? [] : [{ MetricName: name, Unit: unit, Value: given }];
}

function counts(name: FailoverMetric, values: readonly number[]): MetricDatum[] {
  if (values.length === 0) return [];
  const distinct = [...new Set(values)];
  const Counts = distinct.map((one) => values.filter((other) => other === one).length);
  return [{ MetricName: name, Unit: "Count", Values: distinct, Counts }];
}

/** What one round does not say stays as the rounds before it said. */
function newest(before: Partial<DatabaseHealth>, now: DatabaseHealth): Partial<DatabaseHealth> {
  const said = Object.entries(now).filter(([, given]) => given !== undefined);
  return { ...before, ...Object.fromEntries(said) };
}
