import type { Bus, CloudEvent } from "@cloudy/twin-model/bus.ts";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Graph, GraphResource } from "@cloudy/twin-model/graph.ts";
import type { Identifiers } from "@cloudy/twin-model/identifiers.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import type { AutoScaling } from "../auto-scaling/auto-scaling.ts";
import type { CloudWatch } from "../cloudwatch/cloudwatch.ts";
import type { Lambda } from "../lambda/lambda.ts";
import { type AwsEvent, awsEvent, scheduledEvent } from "./aws-events.ts";
import { matchesPattern } from "./pattern.ts";

interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly interval_ms: number | undefined;
  readonly pattern: unknown;
  readonly targets: readonly Target[];
}

interface Target {
  readonly arn: string;
  /** Constant JSON instead of the event. */
  readonly input: unknown;
}

interface Parts {
  readonly graph: Graph;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly ids: Identifiers;
  readonly lambda: Lambda;
  readonly autoScaling: AutoScaling;
  readonly cloudWatch: CloudWatch;
}

/** EventBridge is typically this late. */
const delivery_ms = 500;

/** EventBridge: schedules and event patterns that invoke functions, if the function's permissions let it. */
export class Events {
  readonly #parts: Parts;
  readonly #rules: readonly Rule[];

  constructor(parts: Parts) {
    this.#parts = parts;
    const targets = parts.graph.ofType("aws:cloudwatch/eventTarget:EventTarget");
    this.#rules = parts.graph
      .ofType("aws:cloudwatch/eventRule:EventRule")
      .map((resource) => ruleOf(resource, targets))
      .filter((rule) => rule !== undefined);
  }

  start(): void {
    for (const rule of this.#rules) {
      if (rule.interval_ms !== undefined) this.#parts.clock.every(rule.interval_ms, () => this.#fire(rule));
    }
    this.#parts.bus.on((event) => this.#observe(event));
  }

  #fire(rule: Rule): void {
    const { graph, ids, clock } = this.#parts;
    this.#deliver(rule, scheduledEvent(rule.arn, { graph, id: ids.uuid(), now_ms: clock.now() }));
  }

  #observe(event: CloudEvent): void {
    const patterned = this.#rules.filter((rule) => rule.pattern !== undefined);
    if (patterned.length === 0 || event.kind === "trace" || event.kind === "network-changed") return;
    const { graph, ids, clock, autoScaling, cloudWatch } = this.#parts;
    const sent = awsEvent(event, {
      graph,
      id: ids.uuid(),
      now_ms: clock.now(),
      activityOf: (groupName, instanceId) => autoScaling.activityOf(groupName, instanceId),
      groupArn: (groupName) => autoScaling.group(groupName).settings.arn,
      alarmArn: (alarmName) => cloudWatch.alarms.find(alarmName)?.settings.arn ?? "",
    });
    if (sent === undefined) return;
    for (const rule of patterned) if (matchesPattern(rule.pattern, sent)) this.#deliver(rule, sent);
  }

  #deliver(rule: Rule, event: AwsEvent): void {
    const { clock, bus, lambda, cloudWatch } = this.#parts;
    const count = (name: string) => {
      const metric = { namespace: "AWS/Events", name, dimensions: { RuleName: rule.name } };
      cloudWatch.metrics.put(metric, { values: [1], counts: [1], unit: "Count" }, clock.now());
    };
    count("TriggeredRules");
    for (const target of rule.targets) {
      const refusal = lambda.refusalOf(target.arn, "events.amazonaws.com", rule.arn);
      if (refusal === undefined) {
        clock.after(delivery_ms, () => lambda.enqueue(target.arn, target.input ?? event));
        count("Invocations");
        continue;
      }
      count("FailedInvocations");
      bus.emit({
        kind: "trace",
        source: "events",
        sentence: `Rule ${rule.name} could not invoke its target: ${refusal}`,
      });
    }
  }
}

function ruleOf(resource: GraphResource, targets: readonly GraphResource[]): Rule | undefined {
  const properties = propertiesOf(resource);
  const name = properties.text("name");
  const isEnabled =
    (properties.optionalText("state") ?? "ENABLED") !== "DISABLED" && properties.flag("isEnabled", true);
  const schedule = properties.optionalText("scheduleExpression");
  const pattern = properties.optionalText("eventPattern");
  if (schedule === undefined && pattern === undefined) {
    throw new Error(`${properties.where}: one of [scheduleExpression] or [eventPattern] must be given.`);
  }
  if (!isEnabled) return undefined;
  return {
    name,
    arn: properties.text("arn"),
    interval_ms: schedule === undefined ? undefined : rate(schedule, properties.where),
    pattern: pattern === undefined ? undefined : JSON.parse(pattern),
    targets: targets
      .map((target) => propertiesOf(target))
      .filter((target) => [name, resource.id].includes(target.text("rule")))
      .map((target) => {
        const input = target.optionalText("input");
        return { arn: target.text("arn"), input: input === undefined ? undefined : JSON.parse(input) };
      }),
  };
}

const units_ms: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

function rate(expression: string, where: string): number {
  const [, count, unit = ""] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const unit_ms = units_ms[unit];
  if (unit_ms !== undefined && Number(count) > 0) return Number(count) * unit_ms;
  throw new Error(`${where}: [scheduleExpression] is ${expression}, but the twin knows rate(<n> minutes|hours|days).`);
}
