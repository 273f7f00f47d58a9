import type { FailoverMetric } from "@cloudy/contracts/metrics.ts";
import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { DATABASE_METRICS_NAMESPACE } from "../database/db-boot.ts";
import { WEB_METRICS_NAMESPACE } from "../web/web-boot.ts";
import type { Metric, Watched } from "./alarm.ts";
import { databaseMetric } from "./database-alarms.ts";
import { diskMetric } from "./host-alarms.ts";
import { balancerMetric } from "./web-alarms.ts";

interface Picture {
  readonly title: string;
  /** By their labels. */
  readonly lines: Readonly<Record<string, Metric>>;
}

const WIDGET = { width: 12, height: 6 };
const ALARMS_HEIGHT = 4;
const COLUMNS = 2;

/** The pictures of the demo's page, above them the alarms; CloudWatch's own structure of a dashboard. */
export function dashboardBody(
  region: string,
  watched: Watched,
  alarms: readonly aws.cloudwatch.MetricAlarm[],
): pulumi.Output<string> {
  const charts = pictures(watched).map((picture, index) => ({
    type: "metric",
    x: (index % COLUMNS) * WIDGET.width,
    y: ALARMS_HEIGHT + Math.floor(index / COLUMNS) * WIDGET.height,
    ...WIDGET,
    properties: {
      title: picture.title,
      region,
      view: "timeSeries",
      period: 60,
      yAxis: { left: { min: 0 } },
      metrics: Object.entries(picture.lines).map(([label, line]) => metricRow(label, line)),
    },
  }));
  const states = {
    type: "alarm",
    x: 0,
    y: 0,
    width: COLUMNS * WIDGET.width,
    height: ALARMS_HEIGHT,
    properties: { title: "Alarms", alarms: alarms.map(({ arn }) => arn) },
  };
  return pulumi.jsonStringify({ widgets: [states, ...charts] });
}

/** `[namespace, name, dimension, value, ..., {stat, label}]`. */
function metricRow(label: string, { namespace, name, dimensions, statistic }: Metric) {
  return [namespace, name, ...Object.entries(dimensions).flat(), { stat: statistic, label }];
}

function pictures(watched: Watched): readonly Picture[] {
  const { stack, web, database } = watched;
  const group = (name: string, of: pulumi.Input<string>, namespace = "AWS/AutoScaling", statistic = "Average") => ({
    namespace,
    name,
    dimensions: { AutoScalingGroupName: of },
    statistic,
  });
  const own = (name: FailoverMetric, statistic: string) => databaseMetric(stack, name, statistic);
  const balancer = (name: string, statistic: string) => balancerMetric(watched, name, statistic);
  const hosts = (name: string, statistic: string) => balancerMetric(watched, name, statistic, true);
  return [
    {
      title: "CPU, percent",
      lines: {
        web: group("CPUUtilization", web.group, "AWS/EC2"),
        database: group("CPUUtilization", database.group, "AWS/EC2"),
      },
    },
    {
      title: "Web instances",
      lines: {
        wanted: group("GroupDesiredCapacity", web.group),
        "in service": group("GroupInServiceInstances", web.group),
        healthy: hosts("HealthyHostCount", "Minimum"),
        unhealthy: hosts("UnHealthyHostCount", "Maximum"),
      },
    },
    {
      title: "Requests and errors a minute",
      lines: {
        requests: balancer("RequestCount", "Sum"),
        "5xx of the API": balancer("HTTPCode_Target_5XX_Count", "Sum"),
        "5xx of the load balancer": balancer("HTTPCode_ELB_5XX_Count", "Sum"),
      },
    },
    {
      title: "Latency, seconds",
      lines: {
        median: balancer("TargetResponseTime", "p50"),
        p95: balancer("TargetResponseTime", "p95"),
        p99: balancer("TargetResponseTime", "p99"),
      },
    },
    {
      title: "Database online, standbys ready",
      lines: {
        "online at least": own("OnlineDatabases", "Minimum"),
        "standbys at least": own("ReadyStandbys", "Minimum"),
        instances: group("GroupInServiceInstances", database.group),
      },
    },
    {
      title: "Failovers: routes, fences, rounds that saw nothing",
      lines: {
        "route changes": own("RouteChanges", "Sum"),
        fences: own("Fences", "Sum"),
        "blind rounds": own("BlindRounds", "Sum"),
        "seconds without a writer": own("TimeWithoutWriter", "Sum"),
      },
    },
    {
      title: "Backups: age in seconds",
      lines: { "base backup": own("BackupAge", "Minimum"), "waiting WAL": own("WalAge", "Maximum") },
    },
    {
      title: "Disks, percent used",
      lines: {
        web: diskMetric(stack, WEB_METRICS_NAMESPACE),
        database: diskMetric(stack, DATABASE_METRICS_NAMESPACE),
      },
    },
  ];
}
