import { named, type ResourceTypes } from "@cloudy/twin-model/resource-type.ts";

/** Groups and their policies. */
export const autoScalingResources: ResourceTypes = {
  "aws:autoscaling/group:Group": {
    reads: [
      "name",
      "minSize",
      "maxSize",
      "desiredCapacity",
      "defaultCooldown",
      "defaultInstanceWarmup",
      "healthCheckType",
      "healthCheckGracePeriod",
      "vpcZoneIdentifiers",
      "launchTemplate",
      "targetGroupArns",
      // A list that says of each tag whether instances get it; the provider's default tags are not among them.
      "tags",
      "enabledMetrics",
      "metricsGranularity",
      "protectFromScaleIn",
      "instanceRefresh.strategy",
      "instanceRefresh.preferences.minHealthyPercentage",
      "instanceRefresh.preferences.maxHealthyPercentage",
      "instanceRefresh.preferences.scaleInProtectedInstances",
      "instanceRefresh.preferences.instanceWarmup",
      "instanceRefresh.preferences.skipMatching",
    ],
    uniqueName: {
      taken: (name) =>
        `AlreadyExists: AutoScalingGroup by this name already exists - A group with the name ${name} already exists`,
    },
    computed: named((s) => s.arn("autoscaling", `autoScalingGroup:${s.hex(8)}:autoScalingGroupName/${s.name}`)),
  },
  "aws:autoscaling/policy:Policy": {
    reads: [
      "name",
      "autoscalingGroupName",
      "enabled",
      "policyType",
      "adjustmentType",
      "scalingAdjustment",
      "minAdjustmentMagnitude",
      "cooldown",
      "estimatedInstanceWarmup",
      "targetTrackingConfiguration.predefinedMetricSpecification",
      "targetTrackingConfiguration.targetValue",
      "targetTrackingConfiguration.disableScaleIn",
    ],
    uniqueName: {
      within: "autoscalingGroupName",
      taken: () => "PutScalingPolicy would not refuse it, but change the group's other policy",
    },
    computed: named((s) => {
      const group = `autoScalingGroupName/${s.text("autoscalingGroupName")}`;
      return s.arn("autoscaling", `scalingPolicy:${s.hex(8)}:${group}:policyName/${s.name}`);
    }),
  },
};
