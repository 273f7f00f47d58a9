import type { GetMetricDataOutput, GetMetricStatisticsOutput, ListMetricsOutput } from "@aws-sdk/client-cloudwatch";
import { describe, expect, test } from "vitest";
import { type AlarmRule, evaluateAlarm } from "../src/cloudwatch/alarm-evaluation.ts";
import { loadBalancerArn, targetGroupArn } from "./cloud-graph.ts";
import { cloudWorld } from "./cloud-world.ts";

const minute = (count: number) => new Date(Date.UTC(2026, 0, 1, 0, count));

test("W7: data points of a minute become one with average, extremes, sum, count and percentiles", async () => {
  const world = cloudWorld();
  await world.clock.advance(10_000);
  for (const Value of [10, 20, 60]) {
    await world.call("cloudwatch", "PutMetricData", {
      Namespace: "WebServers",
      MetricData: [
        { MetricName: "cpu-usage-percent", Dimensions: [{ Name: "Instance", Value: "i-1" }], Value, Unit: "Percent" },
      ],
    });
  }
  await world.clock.advance(60_000);
  const answer = await world.call<GetMetricStatisticsOutput>("cloudwatch", "GetMetricStatistics", {
    Namespace: "WebServers",
    MetricName: "cpu-usage-percent",
    Dimensions: [{ Name: "Instance", Value: "i-1" }],
    StartTime: minute(0),
    EndTime: minute(2),
    Period: 60,
    Statistics: ["Average", "Minimum", "Maximum", "Sum", "SampleCount"],
    ExtendedStatistics: ["p50"],
  });
  expect(answer.Datapoints).toEqual([
    {
      Timestamp: minute(0),
      Unit: "Percent",
      Average: 30,
      Minimum: 10,
      Maximum: 60,
      Sum: 90,
      SampleCount: 3,
      ExtendedStatistics: { p50: 20 },
    },
  ]);
});

test("W8: nobody writes to AWS's own namespaces", async () => {
  const world = cloudWorld();
  const put = world.call("cloudwatch", "PutMetricData", { Namespace: "AWS/EC2", MetricData: [] });
  await expect(put).rejects.toThrow("must not start with 'AWS/'");
});

test("W5: CPU is published by the minute for each instance and for its group", async () => {
  const world = cloudWorld();
  await world.settle();
  world.machines.load = 80;
  await world.clock.advance(120_000);
  const answer = await world.call<GetMetricDataOutput>("cloudwatch", "GetMetricData", {
    StartTime: minute(0),
    EndTime: minute(4),
    ScanBy: "TimestampAscending",
    MetricDataQueries: [
      {
        Id: "cpu",
        MetricStat: {
          Metric: {
            Namespace: "AWS/EC2",
            MetricName: "CPUUtilization",
            Dimensions: [{ Name: "AutoScalingGroupName", Value: "web" }],
          },
          Period: 60,
          Stat: "Average",
        },
      },
    ],
  });
  const [result] = answer.MetricDataResults ?? [];
  expect(result?.Timestamps).toEqual([minute(0), minute(1), minute(2), minute(3)]);
  for (const [index, expected] of [50, 50, 80, 80].entries()) expect(result?.Values?.[index]).toBeCloseTo(expected);
  const { Metrics = [] } = await world.call<ListMetricsOutput>("cloudwatch", "ListMetrics", {
    MetricName: "CPUUtilization",
    Dimensions: [{ Name: "InstanceId" }],
  });
  expect(Metrics).toHaveLength(4);
});

test("T2: the load balancer counts requests, statuses and healthy hosts by the minute", async () => {
  const world = cloudWorld();
  await world.settle();
  const [target] = world.cloud.loadBalancing.healthyTargets(targetGroupArn);
  const outcome = { loadBalancerArn, targetGroupArn, instanceId: target?.instanceId, latency_ms: 20 };
  for (const status of [200, 200, 404, 503]) world.cloud.loadBalancing.record({ ...outcome, status });
  world.cloud.loadBalancing.record({ ...outcome, instanceId: undefined, status: 502 });
  await world.clock.advance(60_000);
  const id = (name: string, dimensions: Readonly<Record<string, string>>) => ({
    namespace: "AWS/ApplicationELB",
    name,
    dimensions,
  });
  const value = (name: string, statistic: string, dimensions: Readonly<Record<string, string>>) =>
    world.cloud.cloudWatch.metrics.statistic(id(name, dimensions), statistic, minute(2).getTime(), 60);
  const balancer = { LoadBalancer: "app/CloudyLB/0123456789abcdef" };
  const both = { ...balancer, TargetGroup: "targetgroup/web/0123456789abcdef" };
  expect(value("RequestCount", "Sum", balancer)).toBe(5);
  expect(value("HTTPCode_Target_2XX_Count", "Sum", both)).toBe(2);
  expect(value("HTTPCode_Target_4XX_Count", "Sum", both)).toBe(1);
  expect(value("HTTPCode_Target_5XX_Count", "Sum", both)).toBe(1);
  expect(value("HTTPCode_ELB_5XX_Count", "Sum", balancer)).toBe(1);
  expect(value("TargetResponseTime", "Average", both)).toBeCloseTo(0.02);
  expect(value("HealthyHostCount", "Average", both)).toBe(2);
});

describe("alarm evaluation (table of CloudWatch's documentation: 3 out of 3, newest last)", () => {
  const base = {
    comparison: "GreaterThanThreshold",
    threshold: 50,
    evaluationPeriods: 3,
    datapointsToAlarm: 3,
  } as const;
  const values: Readonly<Record<string, number | undefined>> = { "0": 0, X: 100, "-": undefined };
  const states = ["missing", "ignore", "breaching", "notBreaching"] as const;
  test.each([
    ["0-X-X", ["OK", "OK", "OK", "OK"]],
    ["----0", ["OK", "OK", "OK", "OK"]],
    ["-----", ["INSUFFICIENT_DATA", "retain", "ALARM", "OK"]],
    ["0XX-X", ["ALARM", "ALARM", "ALARM", "ALARM"]],
    ["--X--", ["ALARM", "retain", "ALARM", "OK"]],
  ])("%s gives %j for missing, ignore, breaching, notBreaching", (points, expected) => {
    const recent = [...points].toReversed().map((point) => values[point]);
    // The table's first row counts the newest three real points, of which one does not breach.
    const judge = (treatMissingData: AlarmRule["treatMissingData"]) =>
      (["OK", "ALARM", "INSUFFICIENT_DATA"] as const).map((current) =>
        evaluateAlarm({ ...base, treatMissingData }, recent, current),
      );
    for (const [index, treatment] of states.entries()) {
      const wanted = expected[index] ?? "";
      expect(judge(treatment)).toEqual(
        wanted === "retain" ? ["OK", "ALARM", "INSUFFICIENT_DATA"] : [wanted, wanted, wanted],
      );
    }
  });

  test("2 out of 3 breaching data points are enough when the alarm says so", () => {
    const rule: AlarmRule = { ...base, datapointsToAlarm: 2, treatMissingData: "missing" };
    expect(evaluateAlarm(rule, [100, 0, 100], "OK")).toBe("ALARM");
    expect(evaluateAlarm(rule, [100, 0, 0], "ALARM")).toBe("OK");
  });
});
