import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface ScalingGroupArgs {
  readonly launchTemplate: aws.ec2.LaunchTemplate;
  readonly subnets: readonly aws.ec2.Subnet[];
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  /** On the group's instances. */
  readonly tags: Readonly<Record<string, string>>;
  /** Percent of the group that stays in service while a changed launch template rolls through it, and its upper bound. */
  readonly rolling: {
    readonly minHealthyPercentage: number;
    readonly maxHealthyPercentage: number;
    /** AWS's default is to wait for protected instances, for an hour at most. */
    readonly scaleInProtectedInstances?: "Refresh";
  };
  readonly loadBalancing?: { readonly targetGroupArn: pulumi.Input<string>; readonly graceSeconds: number };
  readonly dependsOn?: readonly pulumi.Resource[];
}

/** Default tags of the provider reach the group, but not what it launches; so they are repeated here. */
export function createScalingGroup(
  name: string,
  args: ScalingGroupArgs,
  parent: pulumi.Resource,
): aws.autoscaling.Group {
  const tags = { ...args.tags, Project: pulumi.getProject(), Stack: pulumi.getStack() };
  return new aws.autoscaling.Group(
    name,
    {
      minSize: args.min,
      maxSize: args.max,
      desiredCapacity: args.desired,
      vpcZoneIdentifiers: args.subnets.map((subnet) => subnet.id),
      launchTemplate: {
        id: args.launchTemplate.id,
        // A version number, not $Latest: its change is what starts the instance refresh.
        version: args.launchTemplate.latestVersion.apply(String),
      },
      instanceRefresh: { strategy: "Rolling", preferences: args.rolling },
      tags: Object.entries(tags).map(([key, value]) => ({ key, value, propagateAtLaunch: true })),
      ...(args.loadBalancing === undefined
        ? { healthCheckType: "EC2" }
        : {
            healthCheckType: "ELB",
            healthCheckGracePeriod: args.loadBalancing.graceSeconds,
            targetGroupArns: [args.loadBalancing.targetGroupArn],
          }),
    },
    // The scaling policies own the desired capacity after the start; a deploy must not reset it.
    { parent, ignoreChanges: ["desiredCapacity"], dependsOn: [...(args.dependsOn ?? [])] },
  );
}
