import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AlarmSettings } from "../settings/alarm-settings.ts";
import type { AlarmDefinition, Metric, MetricMath, Watched } from "./alarm.ts";
import { createAlarmTopic } from "./alarm-topic.ts";
import { dashboardBody } from "./dashboard.ts";
import { databaseAlarms } from "./database-alarms.ts";
import { hostAlarms } from "./host-alarms.ts";
import { webAlarms } from "./web-alarms.ts";

export interface AlarmsArgs {
  readonly region: string;
  readonly accountId: pulumi.Input<string>;
  readonly dashboardName: string;
  readonly settings: AlarmSettings;
  readonly watched: Watched;
  /** What must be there before anybody is told that it is not. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/** Everything that a person must act on, whatever the settings. */
function alarmTable(watched: Watched): readonly AlarmDefinition[] {
  return [...databaseAlarms(watched), ...webAlarms(watched), ...hostAlarms(watched)];
}

/** An alarm for each thing that a person must act on, told to a topic, and a dashboard to look at. */
export class Alarms extends pulumi.ComponentResource {
  readonly #byName: ReadonlyMap<string, aws.cloudwatch.MetricAlarm>;

  constructor(name: string, args: AlarmsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cloudy:infra:Alarms", name, {}, opts);
    const { settings, watched, dependsOn } = args;
    const own = settings.email === undefined ? undefined : createAlarmTopic(settings.email, args.accountId, this);
    const topics = [...(settings.topicArn === undefined ? [] : [settings.topicArn]), ...(own ? [own.arn] : [])];
    const told = { parent: this, dependsOn: [...dependsOn, ...(own ? [own.policy] : [])] };
    this.#byName = new Map(
      alarmTable(watched).map((definition) => [definition.name, createAlarm(definition, watched.stack, topics, told)]),
    );
    new aws.cloudwatch.Dashboard(
      name,
      {
        dashboardName: args.dashboardName,
        dashboardBody: dashboardBody(args.region, watched, [...this.#byName.values()]),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }

  /** What CloudWatch calls the alarms of these names in the table. */
  namesOf(wanted: readonly string[]): readonly pulumi.Output<string>[] {
    return wanted.map((name) => {
      const alarm = this.#byName.get(name);
      if (alarm === undefined) throw new Error(`there is no alarm ${name}`);
      return alarm.name;
    });
  }
}

function createAlarm(
  definition: AlarmDefinition,
  stack: string,
  topics: pulumi.Input<string>[],
  opts: pulumi.CustomResourceOptions,
): aws.cloudwatch.MetricAlarm {
  const { name, watched, fires, threshold, period_s, periods, breaching, missing } = definition;
  return new aws.cloudwatch.MetricAlarm(
    name,
    {
      alarmDescription: describe(definition, stack),
      ...("expression" in watched ? mathOf(watched, period_s) : metricOf(watched, period_s)),
      comparisonOperator: fires === "above" ? "GreaterThanThreshold" : "LessThanThreshold",
      threshold,
      evaluationPeriods: periods,
      ...(breaching === undefined ? {} : { datapointsToAlarm: breaching }),
      treatMissingData: missing,
      alarmActions: topics,
      okActions: topics,
    },
    opts,
  );
}

/** All that the mail of a page has: whose, what, and where to begin. */
function describe({ name, means, act }: AlarmDefinition, stack: string): string {
  return `${stack}: ${means} ${act} (docs/operations.md, Runbook, ${name})`;
}

function metricOf({ namespace, name, dimensions, statistic }: Metric, period_s: number) {
  return {
    namespace,
    metricName: name,
    dimensions,
    ...(/^p\d/.test(statistic) ? { extendedStatistic: statistic } : { statistic }),
    period: period_s,
  };
}

function mathOf({ expression, label, metrics }: MetricMath, period_s: number) {
  return {
    metricQueries: [
      { id: "result", expression, label, returnData: true },
      ...Object.entries(metrics).map(([id, { namespace, name, dimensions, statistic }]) => ({
        id,
        metric: { namespace, metricName: name, dimensions, period: period_s, stat: statistic },
        returnData: false,
      })),
    ],
  };
}
