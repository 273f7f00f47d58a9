import type {
  GetTopicAttributesInput,
  GetTopicAttributesResponse,
  ListSubscriptionsByTopicInput,
  ListSubscriptionsByTopicResponse,
  ListSubscriptionsInput,
  ListSubscriptionsResponse,
  ListTopicsInput,
  ListTopicsResponse,
  PublishInput,
  PublishResponse,
  SubscribeInput,
  SubscribeResponse,
  UnsubscribeInput,
} from "@aws-sdk/client-sns";
import { arn, tagConditions } from "@cloudy/twin-model/arn.ts";
import { type Access, AwsError, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import type { Sns, Subscription } from "./sns.ts";

/** The API of SNS. */
export function snsOperations(sns: Sns): Operations {
  const all = arn(sns.graph, "sns", "*");
  const onTopic = (action: string, topicArn: string | undefined): readonly Access[] => [
    {
      action: `sns:${action}`,
      resource: topicArn ?? all,
      context: tagConditions(sns.find(topicArn ?? "")?.tags ?? {}),
    },
  ];
  const known = (topicArn: string | undefined): string => {
    if (topicArn !== undefined && sns.find(topicArn) !== undefined) return topicArn;
    throw new AwsError("NotFound", `Topic ${topicArn} does not exist`, 404);
  };
  return {
    ListTopics: operation<ListTopicsInput, ListTopicsResponse>({
      access: () => [{ action: "sns:ListTopics", resource: all }],
      run: () => ({ Topics: sns.topics().map(({ arn: TopicArn }) => ({ TopicArn })) }),
    }),
    GetTopicAttributes: operation<GetTopicAttributesInput, GetTopicAttributesResponse>({
      access: ({ TopicArn }) => onTopic("GetTopicAttributes", TopicArn),
      run: ({ TopicArn }) => {
        const topicArn = known(TopicArn);
        const SubscriptionsConfirmed = String(sns.subscriptions(topicArn).length);
        return { Attributes: { TopicArn: topicArn, Owner: sns.graph.accountId, SubscriptionsConfirmed } };
      },
    }),
    ListSubscriptions: operation<ListSubscriptionsInput, ListSubscriptionsResponse>({
      access: () => [{ action: "sns:ListSubscriptions", resource: all }],
      run: () => ({ Subscriptions: sns.subscriptions().map((item) => describe(sns, item)) }),
    }),
    ListSubscriptionsByTopic: operation<ListSubscriptionsByTopicInput, ListSubscriptionsByTopicResponse>({
      access: ({ TopicArn }) => onTopic("ListSubscriptionsByTopic", TopicArn),
      run: ({ TopicArn }) => ({
        Subscriptions: sns.subscriptions(known(TopicArn)).map((item) => describe(sns, item)),
      }),
    }),
    Publish: operation<PublishInput, PublishResponse>({
      access: ({ TopicArn }) => onTopic("Publish", TopicArn),
      run: ({ TopicArn, Subject = "AWS Notification Message", Message = "" }) => ({
        MessageId: sns.publish(known(TopicArn), Subject, Message),
      }),
    }),
    Subscribe: operation<SubscribeInput, SubscribeResponse>({
      access: ({ TopicArn }) => onTopic("Subscribe", TopicArn),
      run: ({ TopicArn, Protocol = "", Endpoint = "" }) => ({
        SubscriptionArn: sns.subscribe(known(TopicArn), Protocol, Endpoint).arn,
      }),
    }),
    Unsubscribe: operation<UnsubscribeInput, Record<never, never>>({
      access: ({ SubscriptionArn = "" }) =>
        onTopic("Unsubscribe", SubscriptionArn.slice(0, SubscriptionArn.lastIndexOf(":"))),
      run: ({ SubscriptionArn = "" }) => {
        sns.unsubscribe(SubscriptionArn);
        return {};
      },
    }),
  };
}

function describe(sns: Sns, { arn: SubscriptionArn, topicArn: TopicArn, protocol, endpoint }: Subscription) {
  return { SubscriptionArn, TopicArn, Protocol: protocol, Endpoint: endpoint, Owner: sns.graph.accountId };
}
