import type { AlarmState } from "@cloudy/twin-model/bus.ts";
import type { Properties } from "@cloudy/twin-model/properties.ts";
import { type AlarmRule, COMPARISONS } from "./alarm-evaluation.ts";
import type { MetricId } from "./metric.ts";
import { type MathExpression, parseExpression } from "./metric-math.ts";

interface MetricQuery {
  readonly id: string;
  readonly metric: MetricId;
  readonly statistic: string;
  readonly returnsData: boolean;
}

/** What an alarm looks at: one statistic of a metric, or an expression of several. */
type Watched =
  | { readonly kind: "metric"; readonly metric: MetricId; readonly statistic: string }
  | {
      readonly kind: "math";
      readonly id: string;
      readonly label: string | undefined;
      readonly expression: MathExpression;
      readonly queries: readonly MetricQuery[];
    };

export interface AlarmSettings extends AlarmRule {
  readonly name: string;
  readonly arn: string;
  readonly description: string | undefined;
  readonly watched: Watched;
  readonly period_s: number;
  readonly actionsEnabled: boolean;
  readonly actions: Readonly<Record<AlarmState, readonly string[]>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** Reads a recorded alarm; defaults are CloudWatch's. */
export function alarmSettings(properties: Properties): AlarmSettings {
  const evaluationPeriods = properties.number("evaluationPeriods");
  const { watched, period_s } = watchedBy(properties);
  return {
    name: properties.text("name"),
    arn: properties.text("arn"),
    description: properties.optionalText("alarmDescription"),
    watched,
    period_s,
    comparison: oneOf(properties, "comparisonOperator", COMPARISONS),
    threshold: properties.number("threshold"),
    evaluationPeriods,
    datapointsToAlarm: properties.number("datapointsToAlarm", evaluationPeriods),
    treatMissingData: oneOf(
      properties,
      "treatMissingData",
      ["breaching", "notBreaching", "ignore", "missing"] as const,
      "missing",
    ),
    actionsEnabled: properties.flag("actionsEnabled", true),
    actions: {
      ALARM: properties.texts("alarmActions"),
      OK: properties.texts("okActions"),
      INSUFFICIENT_DATA: properties.texts("insufficientDataActions"),
    },
    tags: properties.textMap("tags"),
  };
}

function watchedBy(properties: Properties): { readonly watched: Watched; readonly period_s: number } {
  const queries = properties.children("metricQueries");
  if (queries.length === 0) {
    const statistic = properties.optionalText("statistic") ?? properties.text("extendedStatistic");
    const metric = metricOf(properties);
    return { watched: { kind: "metric", metric, statistic }, period_s: properties.number("period") };
  }
  const metrics = queries.flatMap((query) => query.child("metric") ?? []);
  const periods = new Set(metrics.map((metric) => metric.number("period")));
  const [period_s] = periods;
  const [expression, ...others] = queries.filter((query) => query.optionalText("expression") !== undefined);
  if (expression === undefined || others.length > 0 || period_s === undefined || periods.size > 1) {
    throw new Error(
      `${properties.where}: the twin takes [metricQueries] with one expression over metrics of one period.`,
    );
  }
  return {
    period_s,
    watched: {
      kind: "math",
      id: expression.text("id"),
      label: expression.optionalText("label"),
      expression: parseExpression(expression.text("expression")),
      queries: queries.flatMap((query) => {
        const metric = query.child("metric");
        if (metric === undefined) return [];
        const returnsData = query.flag("returnData", false);
        return [{ id: query.text("id"), metric: metricOf(metric), statistic: metric.text("stat"), returnsData }];
      }),
    },
  };
}

function metricOf(properties: Properties): MetricId {
  return {
    namespace: properties.text("namespace"),
    name: properties.text("metricName"),
    dimensions: properties.textMap("dimensions"),
  };
}

function oneOf<Value extends string>(
  properties: Properties,
  name: string,
  allowed: readonly Value[],
  fallback?: Value,
): Value {
  const given = properties.optionalText(name) ?? fallback;
  const found = allowed.find((value) => value === given);
  if (found !== undefined) return found;
  throw new Error(`${properties.where}: [${name}] is ${given}, but the twin knows ${allowed.join(", ")}.`);
}
