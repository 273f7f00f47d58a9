import type { AlarmSettings } from "../cloudwatch/alarm-settings.ts";
import type { MetricId } from "../cloudwatch/metric.ts";
import type { TargetTrackingPolicy } from "./policy-settings.ts";

/** As AWS makes them: out after 3 minutes above the target, in after 15 minutes below 90 % of it. */
const highPeriods = 3;
const lowPeriods = 15;
const lowShare = 0.9;

/** The two alarms that Auto Scaling creates and owns for a target tracking policy. */
export function trackingAlarms(
  policy: TargetTrackingPolicy,
  make: { readonly uuid: () => string; readonly arnOf: (alarmName: string) => string },
): readonly AlarmSettings[] {
  const alarm = (side: "High" | "Low"): AlarmSettings => {
    const name = `TargetTracking-${policy.groupName}-Alarm${side}-${make.uuid()}`;
    const periods = side === "High" ? highPeriods : lowPeriods;
    return {
      name,
      arn: make.arnOf(name),
      description: `DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ${policy.arn}.`,
      watched: {
        kind: "metric",
        metric: metricOf(policy),
        statistic: policy.metricType === "ASGAverageCPUUtilization" ? "Average" : "Sum",
      },
      period_s: 60,
      comparison: side === "High" ? "GreaterThanThreshold" : "LessThanThreshold",
      threshold: side === "High" ? policy.targetValue : policy.targetValue * lowShare,
      evaluationPeriods: periods,
      datapointsToAlarm: periods,
      treatMissingData: "missing",
      actionsEnabled: true,
      actions: { ALARM: [policy.arn], OK: [], INSUFFICIENT_DATA: [] },
      tags: {},
    };
  };
  return policy.disableScaleIn ? [alarm("High")] : [alarm("High"), alarm("Low")];
}

function metricOf(policy: TargetTrackingPolicy): MetricId {
  if (policy.metricType === "ASGAverageCPUUtilization") {
    const dimensions = { AutoScalingGroupName: policy.groupName };
    return { namespace: "AWS/EC2", name: "CPUUtilization", dimensions };
  }
  const targetGroup = policy.resourceLabel?.slice(policy.resourceLabel.indexOf("targetgroup/"));
  if (targetGroup === undefined)
    throw new Error(`Policy ${policy.name}: ALBRequestCountPerTarget needs a [resourceLabel].`);
  return { namespace: "AWS/ApplicationELB", name: "RequestCountPerTarget", dimensions: { TargetGroup: targetGroup } };
}
