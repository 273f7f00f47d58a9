import { named, type ResourceTypes } from "@cloudy/twin-model/resource-type.ts";

/** Alarms. */
export const cloudWatchResources: ResourceTypes = {
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    reads: [
      "name",
      "alarmDescription",
      "namespace",
      "metricName",
      "dimensions",
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
    computed: named((s) => s.arn("cloudwatch", `alarm:${s.name}`)),
  },
};
