import type * as pulumi from "@pulumi/pulumi";

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, pulumi.Input<string>>>;
  /** `Maximum`, `Sum`, ..., or a percentile such as `p99`. */
  readonly statistic: string;
}

/** An expression over metrics by their ids. */
export interface MetricMath {
  readonly expression: string;
  readonly label: string;
  readonly metrics: Readonly<Record<string, Metric>>;
}

/** One thing that a person must act on. */
export interface AlarmDefinition {
  readonly name: string;
  /** What is wrong, for somebody who was asleep. */
  readonly means: string;
  /** What to do about it. */
  readonly act: string;
  /** The fault that it is there for; a test causes it and sees the alarm fire. */
  readonly fault: string;
  readonly watched: Metric | MetricMath;
  readonly fires: "above" | "below";
  readonly threshold: number;
  readonly period_s: number;
  readonly periods: number;
  /** In so many of them; without it in all. */
  readonly breaching?: number;
  /** What a period without a data point counts as. */
  readonly missing: "breaching" | "notBreaching" | "ignore";
}

/** What the alarms watch. */
export interface Watched {
  /** `<project>/<stack>`. */
  readonly stack: string;
  /** How long an instance may take from its launch until it is in service. */
  readonly boot_s: number;
  readonly database: {
    readonly group: pulumi.Input<string>;
    readonly desired: number;
    readonly instanceType: string;
    readonly backupHours: number;
    readonly fileSystemId: pulumi.Input<string>;
    /** Whether the file system's throughput is paid for with burst credits. */
    readonly bursts: boolean;
  };
  readonly failoverFunction: pulumi.Input<string>;
  readonly web: {
    readonly group: pulumi.Input<string>;
    readonly instanceType: string;
    /** Of the load balancer and its target group, as metrics name them. */
    readonly loadBalancer: pulumi.Input<string>;
    readonly targetGroup: pulumi.Input<string>;
    /** From the first good answer of an instance until it is called healthy. */
    readonly healthy_s: number;
    readonly latency_s: number;
    readonly errorPercent: number;
    readonly certificateArn: pulumi.Input<string> | undefined;
  };
  /** None with a gateway or without a way out. */
  readonly nat: { readonly group: pulumi.Input<string>; readonly instanceType: string } | undefined;
}

export const MINUTE_S = 60;

export function minutes(seconds: number): number {
  return Math.ceil(seconds / MINUTE_S);
}

/** Instances that a group should have and has not; Auto Scaling reports both by the minute. */
export function missingInstances(group: pulumi.Input<string>): MetricMath {
  const metric = (name: string): Metric => ({
    namespace: "AWS/AutoScaling",
    name,
    dimensions: { AutoScalingGroupName: group },
    statistic: "Minimum",
  });
  return {
    expression: "desired - inservice",
    label: "missing instances",
    metrics: { desired: metric("GroupDesiredCapacity"), inservice: metric("GroupInServiceInstances") },
  };
}
