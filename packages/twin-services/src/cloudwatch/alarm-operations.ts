import type {
  DescribeAlarmHistoryInput,
  DescribeAlarmHistoryOutput,
  DescribeAlarmsInput,
  DescribeAlarmsOutput,
  MetricAlarm,
  SetAlarmStateInput,
} from "@aws-sdk/client-cloudwatch";
import { arn, tagConditions } from "@cloudy/twin-model/arn.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import { AwsError, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import type { AlarmSettings } from "./alarm-settings.ts";
import type { Alarm, Alarms } from "./alarms.ts";
import type { MetricId } from "./metric.ts";

export function alarmOperations(graph: Graph, alarms: Alarms): Operations {
  const onAlarms = (action: string, names: readonly string[]) =>
    (names.length === 0 ? ["*"] : names).map((name) => ({
      action: `cloudwatch:${action}`,
      resource: arn(graph, "cloudwatch", `alarm:${name}`),
      context: tagConditions(alarms.find(name)?.settings.tags ?? {}),
    }));
  return {
    DescribeAlarms: operation<DescribeAlarmsInput, DescribeAlarmsOutput>({
      access: (request) => onAlarms("DescribeAlarms", request.AlarmNames ?? []),
      run: (request) => {
        if (request.AlarmTypes !== undefined && !request.AlarmTypes.includes("MetricAlarm")) {
          return { MetricAlarms: [], CompositeAlarms: [] };
        }
        const found = alarms.all().filter((alarm) => isWanted(alarm, request));
        const start = Number(request.NextToken ?? 0);
        const end = start + (request.MaxRecords ?? 50);
        return {
          MetricAlarms: found.slice(start, end).map(describe),
          CompositeAlarms: [],
          ...(end < found.length ? { NextToken: String(end) } : {}),
        };
      },
    }),
    DescribeAlarmHistory: operation<DescribeAlarmHistoryInput, DescribeAlarmHistoryOutput>({
      access: (request) => onAlarms("DescribeAlarmHistory", request.AlarmName === undefined ? [] : [request.AlarmName]),
      run: (request) => history(alarms, request),
    }),
    SetAlarmState: operation<SetAlarmStateInput, Record<never, never>>({
      access: (request) => onAlarms("SetAlarmState", [request.AlarmName ?? ""]),
      run: (request) => {
        const alarm = alarms.find(request.AlarmName ?? "");
        if (alarm === undefined)
          throw new AwsError("ResourceNotFound", `Alarm '${request.AlarmName}' does not exist`, 404);
        const state = request.StateValue;
        if (state !== "OK" && state !== "ALARM" && state !== "INSUFFICIENT_DATA") {
          throw new AwsError("InvalidParameterValue", `StateValue '${state}' is not OK, ALARM or INSUFFICIENT_DATA.`);
        }
        alarms.set(alarm, state, request.StateReason ?? "", request.StateReasonData ?? "");
        return {};
      },
    }),
  };
}

function isWanted({ settings, state }: Alarm, request: DescribeAlarmsInput): boolean {
  const actionPrefix = request.ActionPrefix;
  return (
    (request.AlarmNames === undefined || request.AlarmNames.includes(settings.name)) &&
    settings.name.startsWith(request.AlarmNamePrefix ?? "") &&
    (request.StateValue === undefined || request.StateValue === state) &&
    (actionPrefix === undefined ||
      Object.values(settings.actions)
        .flat()
        .some((action) => action.startsWith(actionPrefix)))
  );
}

function describe({ settings, state, reason, reasonData, updatedAt_ms }: Alarm): MetricAlarm {
  return {
    AlarmName: settings.name,
    AlarmArn: settings.arn,
    ...(settings.description === undefined ? {} : { AlarmDescription: settings.description }),
    ...describeWatched(settings),
    EvaluationPeriods: settings.evaluationPeriods,
    DatapointsToAlarm: settings.datapointsToAlarm,
    Threshold: settings.threshold,
    ComparisonOperator: settings.comparison,
    TreatMissingData: settings.treatMissingData,
    ActionsEnabled: settings.actionsEnabled,
    AlarmActions: [...settings.actions.ALARM],
    OKActions: [...settings.actions.OK],
    InsufficientDataActions: [...settings.actions.INSUFFICIENT_DATA],
    StateValue: state,
    StateReason: reason,
    ...(reasonData === "" ? {} : { StateReasonData: reasonData }),
    StateUpdatedTimestamp: new Date(updatedAt_ms),
    StateTransitionedTimestamp: new Date(updatedAt_ms),
  };
}

function describeWatched({ watched, period_s }: AlarmSettings): Partial<MetricAlarm> {
  if (watched.kind === "metric") {
    const { statistic } = watched;
    return {
      ...describeMetric(watched.metric),
      ...(statistic.startsWith("p")
        ? { ExtendedStatistic: statistic }
        : { Statistic: statistic as NonNullable<MetricAlarm["Statistic"]> }),
      Period: period_s,
    };
  }
  const { id, label, expression, queries } = watched;
  return {
    Metrics: [
      { Id: id, Expression: expression.text, ...(label === undefined ? {} : { Label: label }), ReturnData: true },
      ...queries.map(({ id: Id, metric, statistic, returnsData }) => ({
        Id,
        MetricStat: { Metric: describeMetric(metric), Period: period_s, Stat: statistic },
        ReturnData: returnsData,
      })),
    ],
  };
}

function describeMetric({ namespace, name, dimensions }: MetricId) {
  return {
    Namespace: namespace,
    MetricName: name,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  };
}

function history(alarms: Alarms, request: DescribeAlarmHistoryInput): DescribeAlarmHistoryOutput {
  const from_ms = request.StartDate?.getTime() ?? 0;
  const to_ms = request.EndDate?.getTime() ?? Number.POSITIVE_INFINITY;
  const found = alarms
    .history()
    .filter(
      (item) =>
        (request.AlarmName === undefined || request.AlarmName === item.alarmName) &&
        (request.HistoryItemType === undefined || request.HistoryItemType === item.type) &&
        item.at_ms >= from_ms &&
        item.at_ms <= to_ms,
    );
  const ordered = request.ScanBy === "TimestampAscending" ? found.toReversed() : found;
  const start = Number(request.NextToken ?? 0);
  const end = start + (request.MaxRecords ?? 100);
  return {
    AlarmHistoryItems: ordered.slice(start, end).map((item) => ({
      AlarmName: item.alarmName,
      AlarmType: "MetricAlarm",
      Timestamp: new Date(item.at_ms),
      HistoryItemType: item.type,
      HistorySummary: item.summary,
      HistoryData: item.data,
    })),
    ...(end < ordered.length ? { NextToken: String(end) } : {}),
  };
}
