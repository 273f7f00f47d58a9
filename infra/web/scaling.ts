import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { WebSettings } from "../settings/web-settings.ts";

export interface ScalingAlarms {
  readonly high: aws.cloudwatch.MetricAlarm;
  readonly low: aws.cloudwatch.MetricAlarm;
}

/** Grows and shrinks the group by its mean CPU: by two alarms of our own, or by AWS's target tracking. */
export function createScaling(
  name: string,
  settings: WebSettings,
  group: aws.autoscaling.Group,
  parent: pulumi.Resource,
): ScalingAlarms | undefined {
  if (settings.scaling === "target-tracking") {
    createTargetTracking(name, settings, group, parent);
    return undefined;
  }
  return {
    high: createAlarm("high", settings, group, parent),
    low: createAlarm("low", settings, group, parent),
  };
}

function createAlarm(
  side: "high" | "low",
  settings: WebSettings,
  group: aws.autoscaling.Group,
  parent: pulumi.Resource,
): aws.cloudwatch.MetricAlarm {
  const isHigh = side === "high";
  const policy = new aws.autoscaling.Policy(
    `cpu-${side}`,
    {
      autoscalingGroupName: group.name,
      policyType: "SimpleScaling",
      adjustmentType: "ChangeInCapacity",
      scalingAdjustment: isHigh ? 1 : -1,
      cooldown: settings.cooldownSeconds,
    },
    { parent },
  );
  return new aws.cloudwatch.MetricAlarm(
    `cpu-${side}`,
    {
      namespace: "AWS/EC2",
      metricName: "CPUUtilization",
      dimensions: { AutoScalingGroupName: group.name },
      statistic: "Average",
      comparisonOperator: isHigh ? "GreaterThanThreshold" : "LessThanThreshold",
      threshold: isHigh ? settings.cpuHighPercent : settings.cpuLowPercent,
      period: settings.alarmPeriodSeconds,
      evaluationPeriods: settings.alarmPeriods,
      // A new group has one datapoint only, of its instances' boot: it must not pass for all periods.
      treatMissingData: "notBreaching",
      alarmActions: [policy.arn],
    },
    { parent },
  );
}

function createTargetTracking(
  name: string,
  settings: WebSettings,
  group: aws.autoscaling.Group,
  parent: pulumi.Resource,
): void {
  new aws.autoscaling.Policy(
    name,
    {
      autoscalingGroupName: group.name,
      policyType: "TargetTrackingScaling",
      targetTrackingConfiguration: {
        predefinedMetricSpecification: { predefinedMetricType: "ASGAverageCPUUtilization" },
        targetValue: settings.cpuTargetPercent,
      },
    },
    { parent },
  );
}
