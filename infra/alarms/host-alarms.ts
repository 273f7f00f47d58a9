import { STACK_HOST_METRICS } from "@cloudy/contracts/metrics.ts";
import type * as pulumi from "@pulumi/pulumi";
import { DATABASE_METRICS_NAMESPACE } from "../database/db-boot.ts";
import { WEB_METRICS_NAMESPACE } from "../web/web-boot.ts";
import { type AlarmDefinition, type Metric, MINUTE_S, minutes, missingInstances, type Watched } from "./alarm.ts";

/** dnf and the journal need room; a disk that is full ends both, and a boot after a change of packages with them. */
const DISK_PERCENT = 85;
/** A t2.nano at full load uses one a minute: five minutes are left. */
const CREDITS_LEAST = 5;
/** Of the 2.3 TB that a file system begins with; at full load what is left lasts for about 40 minutes. */
const BURST_BYTES_LEAST = 230e9;

export function hostAlarms(watched: Watched): readonly AlarmDefinition[] {
  const { web, database, nat } = watched;
  return [
    ...(nat === undefined ? [] : [natAway(watched, nat.group)]),
    disk("web", watched.stack, WEB_METRICS_NAMESPACE),
    disk("database", watched.stack, DATABASE_METRICS_NAMESPACE),
    ...credits("web", web.instanceType, web.group),
    ...credits("database", database.instanceType, database.group),
    ...(nat === undefined ? [] : credits("nat", nat.instanceType, nat.group)),
    ...(database.bursts ? [burstCredits(database.fileSystemId)] : []),
  ];
}

function natAway({ boot_s }: Watched, group: pulumi.Input<string>): AlarmDefinition {
  return {
    name: "nat-away",
    means: "The private subnets have had no way out for longer than a NAT instance takes to boot.",
    act: "Look at the NAT group's activities; meanwhile the database serves, but a new database instance cannot boot.",
    fault: "the NAT instance is gone and none comes into service",
    watched: missingInstances(group),
    fires: "above",
    threshold: 0,
    period_s: MINUTE_S,
    periods: minutes(boot_s) + 2,
    missing: "notBreaching",
  };
}

export function diskMetric(stack: string, namespace: string): Metric {
  const [name] = STACK_HOST_METRICS;
  return { namespace, name, dimensions: { Stack: stack }, statistic: "Maximum" };
}

function disk(tier: "web" | "database", stack: string, namespace: string): AlarmDefinition {
  return {
    name: `${tier}-disk-full`,
    means: `A ${tier} instance's disk has been more than ${DISK_PERCENT} % full for ten minutes.`,
    act: "Find it by the metric's dimension Instance; `journalctl --vacuum-size=100M` there helps at once, else terminate it.",
    fault: `a ${tier} instance's disk fills up`,
    watched: diskMetric(stack, namespace),
    fires: "above",
    threshold: DISK_PERCENT,
    period_s: MINUTE_S,
    periods: 10,
    missing: "notBreaching",
  };
}

/** T2 slows down without credits. Later burstable types are billed for what they use beyond their share. */
function credits(tier: "web" | "database" | "nat", type: string, group: pulumi.Input<string>): AlarmDefinition[] {
  const family = type.split(".")[0] ?? "";
  if (!/^t\d/.test(family)) return [];
  const slows = family === "t2";
  const metric = (name: string, statistic: string): Metric => ({
    namespace: "AWS/EC2",
    name,
    dimensions: { AutoScalingGroupName: group },
    statistic,
  });
  return [
    {
      name: `${tier}-cpu-credits`,
      means: `A ${tier} instance has used up its CPU credits: a T2 runs at a fraction of its speed, later types are billed for the rest.`,
      act: `If the load is here to stay, set a bigger instance type for the ${tier} tier; see docs/costs.md.`,
      fault: `a ${tier} instance is at full load for long`,
      watched: slows ? metric("CPUCreditBalance", "Minimum") : metric("CPUSurplusCreditsCharged", "Maximum"),
      fires: slows ? "below" : "above",
      threshold: slows ? CREDITS_LEAST : 0,
      // EC2 puts credits every five minutes.
      period_s: 5 * MINUTE_S,
      periods: 3,
      missing: "notBreaching",
    },
  ];
}

function burstCredits(fileSystemId: pulumi.Input<string>): AlarmDefinition {
  return {
    name: "efs-burst-credits",
    means: "The file system's burst credits are nearly used up: the database will wait for every write soon.",
    act: "Find what writes so much (a restore, a backup, a new index); set another throughput mode if it is here to stay.",
    fault: "more is written for hours than the file system's size pays for",
    watched: {
      namespace: "AWS/EFS",
      name: "BurstCreditBalance",
      dimensions: { FileSystemId: fileSystemId },
      statistic: "Minimum",
    },
    fires: "below",
    threshold: BURST_BYTES_LEAST,
    period_s: 5 * MINUTE_S,
    periods: 3,
    missing: "notBreaching",
  };
}
