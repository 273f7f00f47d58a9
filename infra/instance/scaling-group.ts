import { READY_HOOK } from "@cloudy/contracts/ready-hook.ts";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { labelOf, type StackIdentity, tagsOf } from "../stack.ts";

export interface ScalingGroupArgs {
  readonly identity: StackIdentity;
  readonly launchTemplate: aws.ec2.LaunchTemplate;
  readonly subnets: readonly aws.ec2.Subnet[];
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  /** Whether scaling policies own the desired capacity after the start; a deploy must not reset it then. */
  readonly isScaled: boolean;
  /** On the group's instances. */
  readonly tags: Readonly<Record<string, string>>;
  /** What becomes of an instance that is not in service this long after its launch: it is replaced. */
  readonly bootSeconds: number;
  /** What says that an instance is in service: the load balancer, or the instance itself by completing the launch hook. */
  readonly readiness:
    | { readonly by: "load-balancer"; readonly targetGroupArn: pulumi.Input<string> }
    | { readonly by: "instance"; readonly groupName: pulumi.Input<string> };
  readonly dependsOn?: readonly pulumi.Resource[];
}

/** How a stack's command rolls a changed launch template through the group (packages/operate/src/roll.ts). */
export interface RolledGroup {
  readonly tier: "nat" | "web" | "database";
  readonly group: pulumi.Output<string>;
  readonly launchTemplate: pulumi.Output<string>;
  /** Names of alarms that stop and undo a roll. */
  readonly alarms: readonly pulumi.Output<string>[];
}

/** A group's name that is known before the group: its instances say by it that they are ready, and may do so for it alone. */
export function groupName(name: string, identity: StackIdentity, parent: pulumi.Resource): pulumi.Output<string> {
  const suffix = new random.RandomId(`${name}-group`, { byteLength: 4 }, { parent });
  return pulumi.interpolate`${labelOf(identity)}-${name}-${suffix.hex}`;
}

/** The ARN of a group of that name; AWS puts an id of its own in the middle. */
export function groupArn(
  where: { readonly region: string; readonly accountId: pulumi.Input<string> },
  name: pulumi.Input<string>,
): pulumi.Output<string> {
  return pulumi.interpolate`arn:aws:autoscaling:${where.region}:${where.accountId}:autoScalingGroup:*:autoScalingGroupName/${name}`;
}

/** Default tags of the provider reach the group, but not what it launches; so they are repeated here. */
export function createScalingGroup(
  name: string,
  args: ScalingGroupArgs,
  parent: pulumi.Resource,
): aws.autoscaling.Group {
  const tags = { ...args.tags, ...tagsOf(args.identity) };
  const { readiness, bootSeconds } = args;
  const hook = {
    name: READY_HOOK,
    lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
    heartbeatTimeout: bootSeconds,
    defaultResult: "ABANDON",
  };
  const group = new aws.autoscaling.Group(
    name,
    {
      ...(readiness.by === "instance" ? { name: readiness.groupName, initialLifecycleHooks: [hook] } : {}),
      minSize: args.min,
      maxSize: args.max,
      desiredCapacity: args.desired,
      vpcZoneIdentifiers: args.subnets.map((subnet) => subnet.id),
      // A version number, not $Latest: what replaces a lost instance is what was proved by a roll.
      launchTemplate: { id: args.launchTemplate.id, version: args.launchTemplate.latestVersion.apply(String) },
      // An instance that fails its first boot has a second one while the provider waits.
      waitForCapacityTimeout: `${2 * bootSeconds}s`,
      // Without them Auto Scaling reports nothing of the group; they cost nothing.
      metricsGranularity: "1Minute",
      enabledMetrics: ["GroupDesiredCapacity", "GroupInServiceInstances"],
      tags: Object.entries(tags).map(([key, value]) => ({ key, value, propagateAtLaunch: true })),
      ...(readiness.by === "instance"
        ? { healthCheckType: "EC2" }
        : {
            healthCheckType: "ELB",
            healthCheckGracePeriod: bootSeconds,
            targetGroupArns: [readiness.targetGroupArn],
          }),
    },
    {
      parent,
      // `pnpm roll` moves the version, and the provider reads these hooks at birth only: the resource below changes them later.
      ignoreChanges: ["launchTemplate.version", "initialLifecycleHooks", ...(args.isScaled ? ["desiredCapacity"] : [])],
      dependsOn: [...(args.dependsOn ?? [])],
    },
  );
  if (readiness.by === "instance") {
    new aws.autoscaling.LifecycleHook(name, { ...hook, autoscalingGroupName: group.name }, { parent });
  }
  return group;
}
