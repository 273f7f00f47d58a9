import type { DescribeAlarmsOutput } from "@aws-sdk/client-cloudwatch";
import { describe, expect, test } from "vitest";
import { parseExpression } from "../src/cloudwatch/metric-math.ts";
import { arnOf, graphOf, resource, smallStack } from "./cloud-graph.ts";
import { cloudWorld } from "./cloud-world.ts";

describe("metric math", () => {
  test.each([
    ["a - b * 2", { a: 7, b: 3 }, 1],
    ["(a - b) * 2", { a: 7, b: 3 }, 8],
    ["100 * (FILL(own, 0) + FILL(target, 0)) / requests", { target: 5, requests: 50 }, 10],
    ["a - b", { a: 7 }, undefined],
    ["a / b", { a: 7, b: 0 }, undefined],
  ])("R4: %s of %j is %s", (text, values: Readonly<Record<string, number>>, expected) => {
    expect(parseExpression(text).evaluate((id) => values[id])).toBe(expected);
  });

  test.each(["a +", "IF(a, b, c)", "a b", "SUM(METRICS())", "a % b"])(
    "what it does not know is refused: %s",
    (text) => {
      expect(() => parseExpression(text)).toThrow(/metric math/);
    },
  );
});

test("R4: an alarm on an expression is evaluated period by period, and described as it was made", async () => {
  const query = (id: string, metricName: string) => ({
    id,
    metric: { namespace: "Own", metricName, dimensions: {}, period: 60, stat: "Sum" },
    returnData: false,
  });
  const alarm = resource("aws:cloudwatch/metricAlarm:MetricAlarm", "share", "share", {
    name: "share",
    arn: arnOf("cloudwatch", "alarm:share"),
    metricQueries: [
      { id: "result", expression: "100 * FILL(bad, 0) / all", label: "percent", returnData: true },
      query("bad", "Bad"),
      query("all", "All"),
    ],
    comparisonOperator: "GreaterThanThreshold",
    threshold: 10,
    evaluationPeriods: 1,
    treatMissingData: "notBreaching",
  });
  const world = cloudWorld({ graph: graphOf([...smallStack().resources, alarm]) });
  await world.settle();
  const minute = async (values: Readonly<Record<string, number>>) => {
    const MetricData = Object.entries(values).map(([MetricName, Value]) => ({ MetricName, Value }));
    await world.call("cloudwatch", "PutMetricData", { Namespace: "Own", MetricData });
    await world.clock.advance(60_000);
    await world.clock.advance(10_000);
    return world.cloud.cloudWatch.alarms.find("share")?.state;
  };
  expect(await minute({ All: 50 })).toBe("OK");
  expect(await minute({ All: 50, Bad: 6 })).toBe("ALARM");
  const { MetricAlarms } = await world.call<DescribeAlarmsOutput>("cloudwatch", "DescribeAlarms", {
    AlarmNames: ["share"],
  });
  expect(MetricAlarms?.[0]?.Metrics).toEqual([
    { Id: "result", Expression: "100 * FILL(bad, 0) / all", Label: "percent", ReturnData: true },
    expect.objectContaining({ Id: "bad", ReturnData: false }),
    expect.objectContaining({ Id: "all", ReturnData: false }),
  ]);
});

test("R4: a throttled function is not invoked, counts as throttled, and is invoked again once it may be", async () => {
  const world = cloudWorld();
  const from_ms = world.clock.now();
  await world.settle();
  const name = "failover";
  const sum = (metric: string) =>
    world.cloud.cloudWatch.metrics
      .datapoints(
        { namespace: "AWS/Lambda", name: metric, dimensions: { FunctionName: name } },
        "Sum",
        from_ms,
        world.clock.now() + 60_000,
        60,
      )
      .reduce((total, { value }) => total + value, 0);
  await world.call("lambda", "PutFunctionConcurrency", { FunctionName: name, ReservedConcurrentExecutions: 0 });
  const before = sum("Invocations");
  await expect(world.call("lambda", "Invoke", { FunctionName: name })).rejects.toThrow("Rate Exceeded");
  await world.clock.advance(300_000);
  expect(sum("Invocations")).toBe(before);
  expect(sum("Throttles")).toBeGreaterThan(0);
  await world.call("lambda", "DeleteFunctionConcurrency", { FunctionName: name });
  await world.clock.advance(120_000);
  expect(sum("Invocations")).toBeGreaterThan(before);
});
