import { arn } from "@cloudy/twin-model/arn.ts";
import type { CloudEvent } from "@cloudy/twin-model/bus.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { Activity } from "../auto-scaling/activities.ts";

/** An event as EventBridge delivers it. */
export interface AwsEvent {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

interface Context {
  readonly graph: Pick<Graph, "region" | "accountId">;
  readonly id: string;
  readonly now_ms: number;
  /** Where Auto Scaling's activity of the event is found, for its details. */
  readonly activityOf: (groupName: string, instanceId: string) => Activity | undefined;
  readonly groupArn: (groupName: string) => string;
  readonly alarmArn: (alarmName: string) => string;
}

/** What AWS services tell EventBridge about a change; nothing for changes that are no events on AWS. */
export function awsEvent(event: CloudEvent, context: Context): AwsEvent | undefined {
  switch (event.kind) {
    case "instance-state": {
      const detail = { "instance-id": event.instanceId, state: event.state };
      const resources = [arn(context.graph, "ec2", `instance/${event.instanceId}`)];
      return envelope(context, "aws.ec2", "EC2 Instance State-change Notification", resources, detail);
    }
    case "scaling-activity": {
      const resources = [context.groupArn(event.groupName), arn(context.graph, "ec2", `instance/${event.instanceId}`)];
      const activity = context.activityOf(event.groupName, event.instanceId);
      const detail = scalingDetail(event, activity, context);
      return envelope(context, "aws.autoscaling", event.detailType, resources, detail);
    }
    case "lifecycle-action": {
      const detail = {
        LifecycleActionToken: event.token,
        AutoScalingGroupName: event.groupName,
        LifecycleHookName: event.hookName,
        EC2InstanceId: event.instanceId,
        LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
        Origin: "EC2",
        Destination: "AutoScalingGroup",
      };
      const resources = [context.groupArn(event.groupName)];
      return envelope(context, "aws.autoscaling", "EC2 Instance-launch Lifecycle Action", resources, detail);
    }
    case "alarm-state": {
      const timestamp = isoSeconds(context.now_ms);
      const detail = {
        alarmName: event.alarmName,
        state: { value: event.to, reason: event.reason, timestamp },
        previousState: { value: event.from },
      };
      const resources = [context.alarmArn(event.alarmName)];
      return envelope(context, "aws.cloudwatch", "CloudWatch Alarm State Change", resources, detail);
    }
    case "network-changed":
    case "target-health":
    case "trace":
      return undefined;
  }
}

export function scheduledEvent(ruleArn: string, context: Pick<Context, "graph" | "id" | "now_ms">): AwsEvent {
  return envelope(context, "aws.events", "Scheduled Event", [ruleArn], {});
}

function scalingDetail(
  event: Extract<CloudEvent, { kind: "scaling-activity" }>,
  activity: Activity | undefined,
  context: Context,
): Readonly<Record<string, unknown>> {
  return {
    StatusCode: "InProgress",
    Description: activity?.description ?? "",
    AutoScalingGroupName: event.groupName,
    ActivityId: activity?.id ?? "",
    Details: { "Availability Zone": activity?.availabilityZone ?? "", "Subnet ID": activity?.subnetId ?? "" },
    RequestId: activity?.id ?? "",
    StatusMessage: activity?.statusMessage ?? "",
    StartTime: new Date(activity?.startedAt_ms ?? context.now_ms).toISOString(),
    EndTime: new Date(activity?.endedAt_ms ?? context.now_ms).toISOString(),
    EC2InstanceId: event.instanceId,
    Cause: event.cause,
    Origin: "EC2",
    Destination: "AutoScalingGroup",
  };
}

function envelope(
  { graph, id, now_ms }: Pick<Context, "graph" | "id" | "now_ms">,
  source: string,
  detailType: string,
  resources: readonly string[],
  detail: AwsEvent["detail"],
): AwsEvent {
  return {
    version: "0",
    id,
    "detail-type": detailType,
    source,
    account: graph.accountId,
    time: isoSeconds(now_ms),
    region: graph.region,
    resources,
    detail,
  };
}

function isoSeconds(at_ms: number): string {
  return `${new Date(at_ms).toISOString().slice(0, 19)}Z`;
}
