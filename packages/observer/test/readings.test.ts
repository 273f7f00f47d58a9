import { expect, test } from "vitest";
import type { Clients } from "../src/connection.ts";
import { READERS, type ReadingKind } from "../src/readings.ts";
import { emptyView } from "../src/timeline.ts";

/** Answers by the name of the command, in the SDK's shapes; keeps what was asked. */
function read(
  kind: ReadingKind,
  answers: Readonly<Record<string, object | Error>>,
  view = emptyView("10.10.10.10"),
  highCpuAlarmName: string | undefined = "High",
) {
  const asked: Record<string, unknown>[] = [];
  const client = {
    send: async (command: { readonly input: Record<string, unknown> }) => {
      asked.push(command.input);
      const answer = answers[command.constructor.name.replace("Command", "")] ?? {};
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const clients = {
    autoScaling: client,
    cloudWatch: client,
    logs: client,
    ec2: client,
    loadBalancing: client,
  } as unknown as Clients;
  const names = {
    loadBalancerArn: "arn:lb",
    targetGroupArn: "arn:tg",
    webGroupName: "Web",
    databaseGroupName: "Database",
    virtualIp: "10.10.10.10",
    databaseRouteTableIds: ["rtb-1", "rtb-2"],
    highCpuAlarmName: highCpuAlarmName === "" ? undefined : highCpuAlarmName,
    lowCpuAlarmName: undefined,
    failoverLogGroupName: "/aws/lambda/failover",
  };
  const reading = READERS[kind]({ clients, names, view, from_ms: 90_000, now_ms: 200_000 });
  return { reading, asked };
}

const route = (RouteTableId: string, InstanceId: string | undefined, State: string) => ({
  RouteTableId,
  Routes: [
    { DestinationCidrBlock: "0.0.0.0/0", GatewayId: "igw-1", State: "active" },
    ...(InstanceId === undefined ? [] : [{ DestinationCidrBlock: "10.10.10.10/32", InstanceId, State }]),
  ],
});

test.each([
  ["all agree", [route("rtb-1", "i-1", "active"), route("rtb-2", "i-1", "active")], "i-1", "active"],
  ["they disagree", [route("rtb-1", "i-1", "active"), route("rtb-2", "i-2", "active")], undefined, "moving"],
  ["the target is gone", [route("rtb-1", "i-1", "blackhole"), route("rtb-2", "i-1", "blackhole")], "i-1", "blackhole"],
  ["there is none yet", [route("rtb-1", undefined, ""), route("rtb-2", undefined, "")], undefined, "missing"],
])("F4: the virtual IP's route when %s", async (_, RouteTables, instanceId, state) => {
  expect(await read("routes", { DescribeRouteTables: { RouteTables } }).reading).toEqual({
    kind: "routes",
    route: { tableIds: ["rtb-1", "rtb-2"], instanceId, state },
  });
});

test("W5: state changes are read from the alarm's history, of the alarms that have names", async () => {
  const { reading, asked } = read("alarm history", {
    DescribeAlarmHistory: {
      AlarmHistoryItems: [
        { AlarmName: "High", Timestamp: new Date(120_000), HistorySummary: "Alarm updated from OK to ALARM" },
        { AlarmName: "High", Timestamp: new Date(110_000), HistorySummary: "Successfully executed action" },
      ],
    },
  });
  expect(await reading).toEqual({
    kind: "alarm history",
    changes: [{ alarmName: "High", t_ms: 120_000, from: "OK", to: "ALARM" }],
  });
  expect(asked).toHaveLength(1);
});

test("CPU is asked for the group and for each member, from a whole minute on", async () => {
  const member = (instanceId: string) => ({ instanceId, lifecycle: "InService", health: "Healthy" });
  const view = {
    ...emptyView("10.10.10.10"),
    web: { name: "Web", min: 2, max: 3, desired: 2, members: [member("i-1"), member("i-2")] },
  };
  const answer = {
    MetricDataResults: [
      { Id: "web", Timestamps: [new Date(60_000)], Values: [70] },
      { Id: "i1", Timestamps: [new Date(60_000)], Values: [80] },
    ],
  };
  const { reading, asked } = read("cpu", { GetMetricData: answer }, view);
  expect(await reading).toEqual({
    kind: "cpu",
    web: [{ t_ms: 60_000, value: 70 }],
    instances: { "i-1": [], "i-2": [{ t_ms: 60_000, value: 80 }] },
  });
  expect(asked[0]).toMatchObject({ StartTime: new Date(60_000), EndTime: new Date(200_000) });
});

const declared = {
  DescribePolicies: {
    ScalingPolicies: [
      {
        TargetTrackingConfiguration: { TargetValue: 50 },
        Alarms: [{ AlarmName: "TargetTracking-Web-AlarmHigh-1" }, { AlarmName: "TargetTracking-Web-AlarmLow-2" }],
      },
    ],
  },
  DescribeTargetGroups: { TargetGroups: [{ HealthCheckIntervalSeconds: 5, HealthyThresholdCount: 2 }] },
  DescribeTargetGroupAttributes: {
    Attributes: [
      { Key: "stickiness.enabled", Value: "false" },
      { Key: "deregistration_delay.timeout_seconds", Value: "30" },
    ],
  },
};

test("W5: what the stack declares of its scaling is read once, with the network", async () => {
  expect(await read("network", declared).reading).toMatchObject({
    kind: "network",
    declared: {
      policies: 1,
      targetPercent: 50,
      alarmNames: ["TargetTracking-Web-AlarmHigh-1", "TargetTracking-Web-AlarmLow-2"],
      healthy_s: 10,
      deregistration_s: 30,
    },
  });
});

test("W5: what may not be read is left out, and nothing else is lost by it", async () => {
  const denied = new Error("AccessDenied");
  const answers = { ...declared, DescribePolicies: denied, DescribeTargetGroupAttributes: denied };
  const reading = await read("network", answers).reading;
  expect(reading).toMatchObject({ kind: "network", declared: { healthy_s: 10 } });
  expect(reading).not.toHaveProperty("declared.policies");
});

test("W5: without alarms of our own those of target tracking are asked for, high and low by their comparison", async () => {
  const alarm = (AlarmName: string, ComparisonOperator: string, Threshold: number, EvaluationPeriods: number) => ({
    AlarmName,
    ComparisonOperator,
    Threshold,
    EvaluationPeriods,
    Period: 60,
    StateValue: "OK",
  });
  const answers = {
    DescribeAlarms: {
      MetricAlarms: [alarm("T-High", "GreaterThanThreshold", 50, 3), alarm("T-Low", "LessThanThreshold", 45, 15)],
    },
  };
  const view = { ...emptyView("10.10.10.10"), declared: { alarmNames: ["T-High", "T-Low"] } };
  const { reading, asked } = read("alarms", answers, view, "");
  expect(await reading).toEqual({
    kind: "alarms",
    alarms: [
      { name: "T-High", role: "high", state: "OK", threshold: 50, period_s: 60, evaluationPeriods: 3 },
      { name: "T-Low", role: "low", state: "OK", threshold: 45, period_s: 60, evaluationPeriods: 15 },
    ],
  });
  expect(asked).toEqual([{ AlarmNames: ["T-High", "T-Low"] }]);
});
