import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Wakes the function every minute, and at once when an instance or the database group changes (best effort by AWS). */
export function createSchedule(
  failover: aws.lambda.Function,
  databaseGroup: aws.autoscaling.Group,
  parent: pulumi.Resource,
): void {
  createRule("every-minute", { scheduleExpression: "rate(1 minute)" }, failover, parent);
  createRule(
    "instance-state",
    {
      // The event does not say whose instance it is. Only losses are worth an invocation at once: a new instance is found by
      // the next round of the scheduled one.
      eventPattern: JSON.stringify({
        source: ["aws.ec2"],
        "detail-type": ["EC2 Instance State-change Notification"],
        detail: { state: ["shutting-down", "stopping", "stopped", "terminated"] },
      }),
    },
    failover,
    parent,
  );
  createRule(
    "database-group",
    {
      eventPattern: pulumi.jsonStringify({
        source: ["aws.autoscaling"],
        "detail-type": ["EC2 Instance Launch Successful", "EC2 Instance Terminate Successful"],
        detail: { AutoScalingGroupName: [databaseGroup.name] },
      }),
    },
    failover,
    parent,
  );
}

function createRule(
  name: string,
  when: { scheduleExpression: string } | { eventPattern: pulumi.Input<string> },
  failover: aws.lambda.Function,
  parent: pulumi.Resource,
): void {
  const rule = new aws.cloudwatch.EventRule(name, when, { parent });
  const permission = new aws.lambda.Permission(
    name,
    {
      action: "lambda:InvokeFunction",
      function: failover.name,
      principal: "events.amazonaws.com",
      sourceArn: rule.arn,
    },
    { parent },
  );
  new aws.cloudwatch.EventTarget(name, { rule: rule.name, arn: failover.arn }, { parent, dependsOn: [permission] });
}
