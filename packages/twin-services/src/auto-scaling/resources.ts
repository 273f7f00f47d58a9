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
      "initialLifecycleHooks",
    ],
    uniqueName: {
      taken: (name) =>
        `AlreadyExists: AutoScalingGroup by this name already exists - A group with the name ${name} already exists`,
    },
    awsOnly: { waitForCapacityTimeout: "how long the provider waits; the twin waits until the stack answers" },
    computed: named((s) => s.arn("autoscaling", `autoScalingGroup:${s.hex(8)}:autoScalingGroupName/${s.name}`)),
  },
  "aws:autoscaling/lifecycleHook:LifecycleHook": {
    reads: ["name", "autoscalingGroupName", "lifecycleTransition", "heartbeatTimeout", "defaultResult"],
    uniqueName: {
      within: "autoscalingGroupName",
      taken: () => "PutLifecycleHook would not refuse it, but change the group's other hook",
    },
    computed: (s) => ({ id: s.name, name: s.name }),
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
