import {
  DeleteTopicCommand,
  type ListSubscriptionsByTopicResponse,
  ListSubscriptionsCommand,
  type ListTopicsResponse,
  PublishCommand,
  SNSClient,
  type SubscribeResponse,
} from "@aws-sdk/client-sns";
import { describe, expect, onTestFinished, test } from "vitest";
import { arnOf, graphOf, resource, smallStack } from "./cloud-graph.ts";
import { cloudWorld } from "./cloud-world.ts";
import { testEndpoint } from "./wire-endpoint.ts";

const topic = arnOf("sns", "alarms");
const alarm = (more: Readonly<Record<string, unknown>> = {}) =>
  resource("aws:cloudwatch/metricAlarm:MetricAlarm", "silent", "silent", {
    name: "silent",
    arn: arnOf("cloudwatch", "alarm:silent"),
    alarmDescription: "Nobody counts. Look.",
    namespace: "Own",
    metricName: "Count",
    statistic: "Sum",
    comparisonOperator: "LessThanThreshold",
    threshold: 1,
    period: 60,
    evaluationPeriods: 2,
    treatMissingData: "breaching",
    alarmActions: [topic],
    okActions: [topic],
    ...more,
  });
const policyFor = (service: string) =>
  resource("aws:sns/topicPolicy:TopicPolicy", "alarms", "policy", {
    arn: topic,
    policy: JSON.stringify({
      Statement: [
        {
          Sid: "Alarms",
          Effect: "Allow",
          Principal: { Service: service },
          Action: "sns:Publish",
          Resource: topic,
          Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
        },
      ],
    }),
  });

function worldWith(...more: Parameters<typeof graphOf>[0]) {
  const topics = [
    resource("aws:sns/topic:Topic", "alarms", topic, { name: "alarms", arn: topic }),
    resource("aws:sns/topicSubscription:TopicSubscription", "alarms", `${topic}:1`, {
      arn: `${topic}:1`,
      topic,
      protocol: "email",
      endpoint: "on-call@example.com",
    }),
  ];
  return cloudWorld({ graph: graphOf([...smallStack().resources, ...topics, ...more]) });
}

describe("SNS", () => {
  test("R4: an alarm's mail has state, name, description and reason, when it is raised and when it is over", async () => {
    const world = worldWith(policyFor("cloudwatch.amazonaws.com"), alarm());
    await world.settle();
    expect(world.cloud.sns.deliveries()).toEqual([
      expect.objectContaining({
        protocol: "email",
        endpoint: "on-call@example.com",
        subject: 'ALARM: "silent" in eu-west-1',
        message: expect.stringMatching(/^Nobody counts\. Look\. Threshold Crossed: no datapoints were received/),
      }),
    ]);
    const put = () =>
      world.call("cloudwatch", "PutMetricData", { Namespace: "Own", MetricData: [{ MetricName: "Count", Value: 1 }] });
    await put();
    await world.clock.advance(120_000);
    expect(world.cloud.sns.deliveries().map(({ subject }) => subject)).toEqual([
      'ALARM: "silent" in eu-west-1',
      'OK: "silent" in eu-west-1',
    ]);
    expect(world.events).toContainEqual(
      expect.objectContaining({
        source: "sns",
        sentence: expect.stringMatching(/^to on-call@example\.com by email: OK/),
      }),
    );
  });

  test("R4: a topic whose policy names somebody else hears of nothing, and the alarm's history says so", async () => {
    const world = worldWith(policyFor("events.amazonaws.com"), alarm());
    await world.settle();
    expect(world.cloud.sns.deliveries()).toEqual([]);
    const actions = world.cloud.cloudWatch.alarms.history().filter(({ type }) => type === "Action");
    expect(actions.map(({ summary }) => summary)).toContainEqual(
      expect.stringContaining("does not let cloudwatch.amazonaws.com publish"),
    );
  });

  test("topics are listed, subscribed to and published to; one that is not there is refused", async () => {
    const world = worldWith();
    const { Topics } = await world.call<ListTopicsResponse>("sns", "ListTopics", {});
    expect(Topics).toEqual([{ TopicArn: topic }]);
    const { SubscriptionArn } = await world.call<SubscribeResponse>("sns", "Subscribe", {
      TopicArn: topic,
      Protocol: "sms",
      Endpoint: "+353",
    });
    await world.call("sns", "Publish", { TopicArn: topic, Subject: "Hello", Message: "you" });
    expect(world.cloud.sns.deliveries().map(({ endpoint }) => endpoint)).toEqual(["on-call@example.com", "+353"]);
    await world.call("sns", "Unsubscribe", { SubscriptionArn });
    const left = await world.call<ListSubscriptionsByTopicResponse>("sns", "ListSubscriptionsByTopic", {
      TopicArn: topic,
    });
    expect(left.Subscriptions?.map(({ Endpoint }) => Endpoint)).toEqual(["on-call@example.com"]);
    await expect(world.call("sns", "Publish", { TopicArn: `${topic}-2`, Message: "x" })).rejects.toThrow(
      "does not exist",
    );
  });
});

test("the SDK's SNS client publishes and lists; what the twin does not know is refused by name", async () => {
  const world = worldWith();
  await world.settle();
  const endpoint = await testEndpoint(world.cloud.operations);
  onTestFinished(() => endpoint.close());
  const sns = new SNSClient(endpoint.administrator);
  const { MessageId } = await sns.send(new PublishCommand({ TopicArn: topic, Subject: "Hello", Message: "you" }));
  expect(MessageId).toMatch(/^[0-9a-f-]{36}$/);
  const { Subscriptions } = await sns.send(new ListSubscriptionsCommand({}));
  expect(Subscriptions).toMatchObject([{ TopicArn: topic, Protocol: "email", Endpoint: "on-call@example.com" }]);
  await expect(sns.send(new DeleteTopicCommand({ TopicArn: topic }))).rejects.toThrow("DeleteTopic");
});

test("R4: an alarm that depends on a group is made once the group is in service, as pulumi up makes it", async () => {
  const web = smallStack()
    .ofType("aws:autoscaling/group:Group")
    .find(({ name }) => name === "web");
  const world = worldWith(
    resource("aws:cloudwatch/metricAlarm:MetricAlarm", "silent", "silent", alarm().inputs, {
      dependencies: [web?.urn ?? ""],
    }),
  );
  expect(world.cloud.cloudWatch.alarms.find("silent")).toBeUndefined();
  await world.settle();
  expect(world.cloud.cloudWatch.alarms.find("silent")).toBeDefined();
});
