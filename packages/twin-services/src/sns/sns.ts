import type { Bus } from "@cloudy/twin-model/bus.ts";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import type { Identifiers } from "@cloudy/twin-model/identifiers.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import type { ActionResult, AlarmAction } from "../cloudwatch/alarms.ts";
import { evaluate } from "../iam/evaluate.ts";
import { type Policy, parsePolicy } from "../iam/policy.ts";

export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: string;
  readonly endpoint: string;
}

interface Topic {
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Undefined: AWS's default, by which everybody of the topic's account may publish. */
  readonly policy: Policy | undefined;
}

/** Who would have got what. */
export interface Delivery {
  readonly at_ms: number;
  readonly protocol: string;
  readonly endpoint: string;
  readonly subject: string;
  readonly message: string;
}

interface Parts {
  readonly graph: Graph;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly ids: Identifiers;
}

export function isTopic(arn: string): boolean {
  return /^arn:[^:]+:sns:/.test(arn);
}

/** SNS: topics and their subscriptions. Nothing leaves the twin: what would be sent is told and kept. */
export class Sns {
  readonly graph: Graph;
  readonly #parts: Parts;
  readonly #topics: ReadonlyMap<string, Topic>;
  readonly #subscriptions: Subscription[];
  readonly #deliveries: Delivery[] = [];

  constructor(parts: Parts) {
    this.graph = parts.graph;
    this.#parts = parts;
    this.#topics = topicsOf(parts.graph);
    this.#subscriptions = parts.graph.ofType("aws:sns/topicSubscription:TopicSubscription").map((resource) => {
      const properties = propertiesOf(resource);
      const [topicArn, arn] = [properties.text("topic"), properties.text("arn")];
      return { arn, topicArn, protocol: properties.text("protocol"), endpoint: properties.text("endpoint") };
    });
  }

  topics(): readonly Topic[] {
    return [...this.#topics.values()];
  }

  find(topicArn: string): Topic | undefined {
    return this.#topics.get(topicArn);
  }

  /** All, or those of one topic. */
  subscriptions(topicArn?: string): readonly Subscription[] {
    return this.#subscriptions.filter((item) => topicArn === undefined || item.topicArn === topicArn);
  }

  deliveries(): readonly Delivery[] {
    return this.#deliveries;
  }

  subscribe(topicArn: string, protocol: string, endpoint: string): Subscription {
    const arn = `${topicArn}:${this.#parts.ids.uuid()}`;
    const subscription = { arn, topicArn, protocol, endpoint };
    this.#subscriptions.push(subscription);
    return subscription;
  }

  unsubscribe(arn: string): void {
    const index = this.#subscriptions.findIndex((item) => item.arn === arn);
    if (index >= 0) this.#subscriptions.splice(index, 1);
  }

  /** Returns the message's id. */
  publish(topicArn: string, subject: string, message: string): string {
    const { clock, bus, ids } = this.#parts;
    const subscriptions = this.subscriptions(topicArn);
    for (const { protocol, endpoint } of subscriptions) {
      this.#deliveries.push({ at_ms: clock.now(), protocol, endpoint, subject, message });
      bus.emit({ kind: "trace", source: "sns", sentence: `to ${endpoint} by ${protocol}: ${subject}: ${message}` });
    }
    if (subscriptions.length === 0) {
      bus.emit({ kind: "trace", source: "sns", sentence: `to whoever hears of ${topicArn}: ${subject}: ${message}` });
    }
    return ids.uuid();
  }

  /** What an alarm does whose action is a topic's ARN. */
  notify({ actionArn, alarmName, alarmArn, description, state, reason }: AlarmAction): ActionResult {
    const refusal = this.#refusalOf(actionArn, alarmArn);
    if (refusal !== undefined) {
      const sentence = `Alarm ${alarmName} could not publish: ${refusal}`;
      this.#parts.bus.emit({ kind: "trace", source: "sns", sentence });
      return { acted: false, sentence };
    }
    const says = description === undefined ? reason : `${description} ${reason}`;
    this.publish(actionArn, `${state}: "${alarmName}" in ${this.graph.region}`, says);
    return { acted: true, sentence: `published to ${actionArn}` };
  }

  /** A topic that the program does not declare is somebody else's, whose policy the twin does not know. */
  #refusalOf(topicArn: string, alarmArn: string): string | undefined {
    const { accountId } = this.graph;
    const policy = this.#topics.get(topicArn)?.policy;
    if (policy === undefined) return undefined;
    const { effect, because } = evaluate([policy], {
      principal: { accountId, arns: [], service: "cloudwatch.amazonaws.com" },
      action: "sns:Publish",
      resource: topicArn,
      context: { "aws:sourcearn": alarmArn, "aws:sourceaccount": accountId, "aws:principalisawsservice": "true" },
    });
    if (effect === "allow") return undefined;
    return `${policy.name} does not let cloudwatch.amazonaws.com publish for ${alarmArn}${because === "" ? "" : ` (${because})`}`;
  }
}

function topicsOf(graph: Graph): ReadonlyMap<string, Topic> {
  const policies = new Map(
    graph.ofType("aws:sns/topicPolicy:TopicPolicy").map((resource) => {
      const properties = propertiesOf(resource);
      const arn = properties.text("arn");
      return [arn, parsePolicy(`the policy of topic ${arn}`, properties.raw("policy"))];
    }),
  );
  return new Map(
    graph.ofType("aws:sns/topic:Topic").map((resource) => {
      const properties = propertiesOf(resource);
      const arn = properties.text("arn");
      return [arn, { arn, tags: properties.textMap("tags"), policy: policies.get(arn) }];
    }),
  );
}
