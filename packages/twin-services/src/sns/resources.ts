import { idOnly, type ResourceTypes } from "@cloudy/twin-model/resource-type.ts";

/** Topics, who hears of them and who may publish. */
export const snsResources: ResourceTypes = {
  "aws:sns/topic:Topic": {
    reads: ["name"],
    taggable: true,
    uniqueName: {
      taken: () => "InvalidParameter: Invalid parameter: Tags Reason: Topic already exists with different tags",
    },
    computed: (s) => {
      const arn = s.arn("sns", s.name);
      return { id: arn, arn, name: s.name, owner: s.account.accountId };
    },
  },
  "aws:sns/topicSubscription:TopicSubscription": {
    reads: ["topic", "protocol", "endpoint"],
    computed: (s) => {
      const arn = `${s.text("topic")}:${s.hex(8)}`;
      return { id: arn, arn };
    },
  },
  "aws:sns/topicPolicy:TopicPolicy": {
    reads: ["arn", "policy"],
    computed: idOnly("topic-policy"),
  },
};
