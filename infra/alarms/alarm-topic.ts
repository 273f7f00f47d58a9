import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { policyDocument } from "../policy.ts";

/** A topic of the program's own, of which one address hears by email once it has confirmed that. */
export function createAlarmTopic(
  email: string,
  accountId: pulumi.Input<string>,
  parent: pulumi.Resource,
): { readonly arn: pulumi.Output<string>; readonly policy: pulumi.Resource } {
  const topic = new aws.sns.Topic("alarms", {}, { parent });
  new aws.sns.TopicSubscription("alarms", { topic: topic.arn, protocol: "email", endpoint: email }, { parent });
  const policy = new aws.sns.TopicPolicy(
    "alarms",
    {
      arn: topic.arn,
      policy: policyDocument([
        {
          Sid: "AlarmsOfThisAccount",
          Effect: "Allow",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Action: "sns:Publish",
          Resource: topic.arn,
          Condition: { StringEquals: { "aws:SourceAccount": accountId } },
        },
      ]),
    },
    { parent },
  );
  return { arn: topic.arn, policy };
}
