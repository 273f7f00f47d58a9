import { named, type ResourceTypes } from "@cloudy/twin-model/resource-type.ts";

/** Alarms and dashboards. */
export const cloudWatchResources: ResourceTypes = {
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    reads: [
      "name",
      "alarmDescription",
      "namespace",
      "metricName",
      "dimensions",
      "metricQueries.id",
      "metricQueries.expression",
      "metricQueries.label",
      "metricQueries.returnData",
      "metricQueries.metric.namespace",
      "metricQueries.metric.metricName",
      "metricQueries.metric.dimensions",
      "metricQueries.metric.period",
      "metricQueries.metric.stat",
      "statistic",
      "extendedStatistic",
      "period",
      "evaluationPeriods",
      "datapointsToAlarm",
      "threshold",
      "comparisonOperator",
      "treatMissingData",
      "actionsEnabled",
      "alarmActions",
      "okActions",
      "insufficientDataActions",
    ],
    taggable: true,
    uniqueName: { taken: () => "PutMetricAlarm would not refuse it, but change the other alarm" },
    computed: named((s) => s.arn("cloudwatch", `alarm:${s.name}`)),
  },
  "aws:cloudwatch/dashboard:Dashboard": {
    awsOnly: "CloudWatch draws it; the twin has a page of its own with the same pictures",
    computed: (s) => ({
      id: s.text("dashboardName") || s.name,
      dashboardArn: s.arn("cloudwatch", `dashboard/${s.text("dashboardName")}`),
    }),
  },
};
