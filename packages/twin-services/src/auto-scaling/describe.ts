import type {
  AutoScalingInstanceDetails,
  LifecycleState,
  ScalingPolicy,
  Activity as SdkActivity,
  AutoScalingGroup as SdkGroup,
  InstanceRefresh as SdkRefresh,
} from "@aws-sdk/client-auto-scaling";
import type { Alarm } from "../cloudwatch/alarms.ts";
import type { Activity } from "./activities.ts";
import { type InstanceRefresh, percentComplete } from "./instance-refresh.ts";
import type { Member } from "./member.ts";
import type { Policy } from "./policy-settings.ts";
import type { ScalingGroup } from "./scaling-group.ts";

/** Internal state in the shapes of Auto Scaling's API. */

export function describeGroup(group: ScalingGroup, zoneOf: (subnetId: string) => string): SdkGroup {
  const { settings } = group;
  return {
    AutoScalingGroupName: settings.name,
    AutoScalingGroupARN: settings.arn,
    MinSize: settings.min,
    MaxSize: settings.max,
    DesiredCapacity: group.desired,
    DefaultCooldown: settings.defaultCooldown_s,
    ...(settings.defaultWarmup_s === undefined ? {} : { DefaultInstanceWarmup: settings.defaultWarmup_s }),
    AvailabilityZones: [...new Set(settings.subnetIds.map(zoneOf))],
    VPCZoneIdentifier: settings.subnetIds.join(","),
    LaunchTemplate: { LaunchTemplateId: settings.launchTemplate.id, Version: settings.launchTemplate.version },
    TargetGroupARNs: [...settings.targetGroupArns],
    HealthCheckType: settings.healthCheckType,
    HealthCheckGracePeriod: settings.gracePeriod_s,
    NewInstancesProtectedFromScaleIn: settings.protectFromScaleIn,
    EnabledMetrics: settings.enabledMetrics.map((Metric) => ({ Metric, Granularity: "1Minute" })),
    TerminationPolicies: ["Default"],
    CreatedTime: new Date(group.createdAt_ms),
    Instances: [...group.members.values()].map((member) => ({
      ...describeMember(member),
      LaunchTemplate: templateOf(member),
    })),
    Tags: settings.tags.map((tag) => ({
      ResourceId: settings.name,
      ResourceType: "auto-scaling-group",
      Key: tag.key,
      Value: tag.value,
      PropagateAtLaunch: tag.propagateAtLaunch,
    })),
  };
}

export function describeInstanceDetails(groupName: string, member: Member): AutoScalingInstanceDetails {
  return {
    ...describeMember(member),
    HealthStatus: member.health.toUpperCase(),
    AutoScalingGroupName: groupName,
    LaunchTemplate: templateOf(member),
  };
}

function describeMember(member: Member) {
  return {
    InstanceId: member.instanceId,
    InstanceType: member.instanceType,
    AvailabilityZone: member.availabilityZone,
    LifecycleState: member.lifecycle as LifecycleState,
    HealthStatus: member.health,
    ProtectedFromScaleIn: member.protectedFromScaleIn,
  };
}

function templateOf({ launchTemplate }: Member) {
  return {
    LaunchTemplateId: launchTemplate.id,
    LaunchTemplateName: launchTemplate.name,
    Version: launchTemplate.version,
  };
}

export function describeActivity(activity: Activity, group: ScalingGroup): SdkActivity {
  const place = {
    ...(activity.subnetId === undefined ? {} : { "Subnet ID": activity.subnetId }),
    ...(activity.availabilityZone === undefined ? {} : { "Availability Zone": activity.availabilityZone }),
  };
  return {
    ActivityId: activity.id,
    AutoScalingGroupName: activity.groupName,
    AutoScalingGroupARN: group.settings.arn,
    Description: activity.description,
    Cause: activity.cause,
    StartTime: new Date(activity.startedAt_ms),
    ...(activity.endedAt_ms === undefined ? {} : { EndTime: new Date(activity.endedAt_ms) }),
    StatusCode: activity.status,
    ...(activity.statusMessage === "" ? {} : { StatusMessage: activity.statusMessage }),
    Progress: activity.progress,
    Details: JSON.stringify(place),
  };
}

export function describePolicy(policy: Policy, alarms: readonly Alarm[]): ScalingPolicy {
  const base = {
    AutoScalingGroupName: policy.groupName,
    PolicyName: policy.name,
    PolicyARN: policy.arn,
    PolicyType: policy.kind,
    Enabled: policy.enabled,
    Alarms: alarms
      .filter(({ settings }) => Object.values(settings.actions).some((actions) => actions.includes(policy.arn)))
      .map(({ settings }) => ({ AlarmName: settings.name, AlarmARN: settings.arn })),
  };
  if (policy.kind === "TargetTrackingScaling") {
    return {
      ...base,
      ...(policy.warmup_s === undefined ? {} : { EstimatedInstanceWarmup: policy.warmup_s }),
      TargetTrackingConfiguration: {
        PredefinedMetricSpecification: {
          PredefinedMetricType: policy.metricType,
          ...(policy.resourceLabel === undefined ? {} : { ResourceLabel: policy.resourceLabel }),
        },
        TargetValue: policy.targetValue,
        DisableScaleIn: policy.disableScaleIn,
      },
    };
  }
  return {
    ...base,
    AdjustmentType: policy.adjustmentType,
    ScalingAdjustment: policy.adjustment,
    ...(policy.cooldown_s === undefined ? {} : { Cooldown: policy.cooldown_s }),
    ...(policy.minAdjustmentMagnitude === undefined ? {} : { MinAdjustmentMagnitude: policy.minAdjustmentMagnitude }),
  };
}

export function describeRefresh(refresh: InstanceRefresh, groupName: string): SdkRefresh {
  const { preferences, desired, rollback } = refresh;
  const isRollback = rollback !== undefined;
  return {
    InstanceRefreshId: refresh.id,
    AutoScalingGroupName: groupName,
    Status: refresh.status,
    ...(refresh.reason === "" ? {} : { StatusReason: refresh.reason }),
    StartTime: new Date(refresh.startedAt_ms),
    ...(refresh.endedAt_ms === undefined ? {} : { EndTime: new Date(refresh.endedAt_ms) }),
    PercentageComplete: isRollback ? rollback.percentComplete : percentComplete(refresh),
    InstancesToUpdate: isRollback ? 0 : refresh.remaining,
    Strategy: "Rolling",
    ...(desired === undefined
      ? {}
      : { DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: desired.id, Version: desired.version } } }),
    ...(isRollback
      ? {
          RollbackDetails: {
            RollbackReason: rollback.reason,
            RollbackStartTime: new Date(rollback.startedAt_ms),
            InstancesToUpdateOnRollback: refresh.remaining,
          },
        }
      : {}),
    Preferences: {
      MinHealthyPercentage: preferences.minHealthyPercentage,
      MaxHealthyPercentage: preferences.maxHealthyPercentage,
      ...(preferences.warmup_s === undefined ? {} : { InstanceWarmup: preferences.warmup_s }),
      SkipMatching: preferences.skipMatching,
      AutoRollback: preferences.autoRollback,
      ScaleInProtectedInstances: preferences.protectedInstances,
      ...(preferences.alarms.length === 0 ? {} : { AlarmSpecification: { Alarms: [...preferences.alarms] } }),
    },
  };
}
