import type {
  Dimension,
  DimensionFilter,
  GetMetricDataInput,
  GetMetricDataOutput,
  GetMetricStatisticsInput,
  GetMetricStatisticsOutput,
  ListMetricsInput,
  ListMetricsOutput,
  MetricDataQuery,
  MetricDataResult,
  MetricDatum,
  PutMetricDataInput,
  StandardUnit,
} from "@aws-sdk/client-cloudwatch";
import { AwsError, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import type { MetricId } from "./metric.ts";
import { isStatistic, type MetricStore } from "./metric-store.ts";

/** PutMetricData takes data points from two weeks ago to two hours ahead. */
const oldest_ms = 14 * 24 * 3_600_000;
const newest_ms = 2 * 3_600_000;
const listedPerPage = 500;

export function metricOperations(store: MetricStore): Operations {
  return {
    PutMetricData: operation<PutMetricDataInput, Record<never, never>>({
      access: ({ Namespace = "" }) => [
        { action: "cloudwatch:PutMetricData", resource: "*", context: { "cloudwatch:namespace": Namespace } },
      ],
      run: (request) => {
        const namespace = requiredText(request.Namespace, "Namespace");
        if (/^AWS\//i.test(namespace)) {
          throw invalid(`The value ${namespace} for parameter Namespace must not start with 'AWS/'.`);
        }
        for (const datum of request.MetricData ?? []) putDatum(store, namespace, datum);
        return {};
      },
    }),
    GetMetricData: operation<GetMetricDataInput, GetMetricDataOutput>({
      access: () => [{ action: "cloudwatch:GetMetricData", resource: "*" }],
      run: (request) => {
        const range = rangeOf(request.StartTime, request.EndTime);
        const newestFirst = request.ScanBy !== "TimestampAscending";
        const queries = (request.MetricDataQueries ?? []).filter((query) => query.ReturnData !== false);
        return { MetricDataResults: queries.map((query) => answer(store, query, range, newestFirst)), Messages: [] };
      },
    }),
    GetMetricStatistics: operation<GetMetricStatisticsInput, GetMetricStatisticsOutput>({
      access: () => [{ action: "cloudwatch:GetMetricStatistics", resource: "*" }],
      run: (request) => statistics(store, request),
    }),
    ListMetrics: operation<ListMetricsInput, ListMetricsOutput>({
      access: () => [{ action: "cloudwatch:ListMetrics", resource: "*" }],
      run: (request) => {
        const found = store.metrics().filter((metric) => isListed(metric, request));
        const start = Number(request.NextToken ?? 0);
        const page = found.slice(start, start + listedPerPage);
        const end = start + page.length;
        return {
          Metrics: page.map((metric) => ({
            Namespace: metric.namespace,
            MetricName: metric.name,
            Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
          })),
          ...(end < found.length ? { NextToken: String(end) } : {}),
        };
      },
    }),
  };
}

function putDatum(store: MetricStore, namespace: string, datum: MetricDatum): void {
  const name = requiredText(datum.MetricName, "MetricName");
  const metric = { namespace, name, dimensions: dimensionsOf(datum.Dimensions) };
  const now_ms = store.now();
  const at_ms = datum.Timestamp?.getTime() ?? now_ms;
  if (at_ms < now_ms - oldest_ms || at_ms > now_ms + newest_ms) {
    throw invalid(
      `The value ${new Date(at_ms).toISOString()} for parameter Timestamp must be within two weeks ago and two hours ahead of ${new Date(now_ms).toISOString()}.`,
    );
  }
  const set = datum.StatisticValues;
  if (set !== undefined) {
    const { Sum = 0, SampleCount = 0, Minimum = 0, Maximum = 0 } = set;
    store.putStatistics(
      metric,
      { sum: Sum, count: SampleCount, minimum: Minimum, maximum: Maximum },
      datum.Unit,
      at_ms,
    );
    return;
  }
  const values = datum.Value === undefined ? (datum.Values ?? []) : [datum.Value];
  if (values.length === 0 || values.some((value) => !Number.isFinite(value))) {
    throw invalid(
      `The metric ${name} needs a finite Value, Values or StatisticValues, but has ${JSON.stringify(values)}.`,
    );
  }
  store.put(metric, { values, counts: datum.Counts ?? values.map(() => 1), unit: datum.Unit }, at_ms);
}

interface Range {
  readonly start_ms: number;
  readonly end_ms: number;
}

function rangeOf(start: Date | undefined, end: Date | undefined): Range {
  if (start === undefined || end === undefined) throw invalid("StartTime and EndTime are required.");
  if (start >= end) throw invalid(`StartTime ${start.toISOString()} must be before EndTime ${end.toISOString()}.`);
  return { start_ms: start.getTime(), end_ms: end.getTime() };
}

function answer(store: MetricStore, query: MetricDataQuery, range: Range, newestFirst: boolean): MetricDataResult {
  const { MetricStat } = query;
  if (MetricStat === undefined) {
    throw invalid(
      `The twin answers queries with MetricStat; query ${query.Id} has the expression [${query.Expression}].`,
    );
  }
  const name = requiredText(MetricStat.Metric?.MetricName, "MetricName");
  const metric = {
    namespace: requiredText(MetricStat.Metric?.Namespace, "Namespace"),
    name,
    dimensions: dimensionsOf(MetricStat.Metric?.Dimensions),
  };
  const period_s = checkedPeriod(MetricStat.Period);
  const found = store.datapoints(metric, checkedStatistic(MetricStat.Stat), range.start_ms, range.end_ms, period_s);
  const ordered = newestFirst ? found.toReversed() : found;
  return {
    ...(query.Id === undefined ? {} : { Id: query.Id }),
    Label: query.Label ?? name,
    Timestamps: ordered.map((point) => new Date(point.at_ms)),
    Values: ordered.map((point) => point.value),
    StatusCode: "Complete",
  };
}

function statistics(store: MetricStore, request: GetMetricStatisticsInput): GetMetricStatisticsOutput {
  const { start_ms, end_ms } = rangeOf(request.StartTime, request.EndTime);
  const name = requiredText(request.MetricName, "MetricName");
  const metric = {
    namespace: requiredText(request.Namespace, "Namespace"),
    name,
    dimensions: dimensionsOf(request.Dimensions),
  };
  const period_s = checkedPeriod(request.Period);
  const plain = (request.Statistics ?? []).map(checkedStatistic);
  const extended = (request.ExtendedStatistics ?? []).map(checkedStatistic);
  const [first] = [...plain, ...extended];
  if (first === undefined) throw invalid("At least one of Statistics or ExtendedStatistics is required.");
  const Unit = store.unit(metric) as StandardUnit;
  const at = (statistic: string, at_ms: number) => store.statistic(metric, statistic, at_ms, period_s);
  return {
    Label: name,
    Datapoints: store.datapoints(metric, first, start_ms, end_ms, period_s).map(({ at_ms }) => ({
      Timestamp: new Date(at_ms),
      Unit,
      ...Object.fromEntries(plain.map((statistic) => [statistic, at(statistic, at_ms)])),
      ...(extended.length === 0
        ? {}
        : {
            ExtendedStatistics: Object.fromEntries(extended.map((statistic) => [statistic, at(statistic, at_ms) ?? 0])),
          }),
    })),
  };
}

function isListed(metric: MetricId, request: ListMetricsInput): boolean {
  const matchesDimension = ({ Name, Value }: DimensionFilter) =>
    Name !== undefined && Name in metric.dimensions && (Value === undefined || metric.dimensions[Name] === Value);
  return (
    (request.Namespace === undefined || request.Namespace === metric.namespace) &&
    (request.MetricName === undefined || request.MetricName === metric.name) &&
    (request.Dimensions ?? []).every(matchesDimension)
  );
}

function dimensionsOf(dimensions: readonly Dimension[] | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((dimensions ?? []).map(({ Name = "", Value = "" }) => [Name, Value]));
}

/** The twin keeps metrics by the minute. */
function checkedPeriod(period_s: number | undefined): number {
  if (period_s !== undefined && period_s > 0 && period_s % 60 === 0) return period_s;
  throw invalid(`The value ${period_s} for parameter Period must be a multiple of 60.`);
}

function checkedStatistic(statistic: string | undefined): string {
  if (statistic !== undefined && isStatistic(statistic)) return statistic;
  throw invalid(
    `The value ${statistic} for parameter Stat is not one of Average, Sum, Minimum, Maximum, SampleCount, pNN.`,
  );
}

function requiredText(value: string | undefined, parameter: string): string {
  if (value !== undefined && value !== "") return value;
  throw new AwsError("MissingParameter", `The parameter ${parameter} is required.`);
}

function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterValue", message);
}
