import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  CloudWatchClient,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  ReplaceRouteCommand,
} from "@aws-sdk/client-ec2";
import { DescribeTargetHealthCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { expect, onTestFinished, test } from "vitest";
import { targetGroupArn } from "./cloud-graph.ts";
import { cloudWorld } from "./cloud-world.ts";
import { testEndpoint } from "./wire-endpoint.ts";

/** What the services answer has to survive the way through the real protocols into the real SDK clients. */
async function reachable() {
  const world = cloudWorld();
  await world.settle();
  const endpoint = await testEndpoint(world.cloud.operations);
  onTestFinished(() => endpoint.close());
  return { world, settings: endpoint.administrator, nobody: endpoint.nobody };
}

test("the SDK's EC2 client sees instances, their status, routes and rules", async () => {
  const { world, settings } = await reachable();
  const ec2 = new EC2Client(settings);
  const web = await ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: "tag:Name", Values: ["Web"] }] }));
  const instances = web.Reservations?.flatMap((reservation) => reservation.Instances ?? []) ?? [];
  expect(instances).toHaveLength(2);
  expect(instances[0]).toMatchObject({
    State: { Name: "running", Code: 16 },
    InstanceType: "t2.nano",
    Monitoring: { State: "enabled" },
    SecurityGroups: [{ GroupId: "sg-web" }],
    MetadataOptions: { HttpTokens: "required" },
  });
  expect(instances[0]?.LaunchTime?.getTime()).toBe(
    world.network.instance(instances[0]?.InstanceId ?? "")?.launchTime_ms,
  );
  const status = await ec2.send(new DescribeInstanceStatusCommand({}));
  expect(status.InstanceStatuses?.map((item) => item.InstanceStatus?.Status)).toEqual(["ok", "ok", "ok", "ok"]);
  const tables = await ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: ["rtb-public"] }));
  expect(tables.RouteTables?.[0]?.Routes).toContainEqual(
    expect.objectContaining({ DestinationCidrBlock: "0.0.0.0/0", GatewayId: "igw-1", State: "active" }),
  );
  const groups = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: ["sg-database"] }));
  expect(groups.SecurityGroups?.[0]?.IpPermissions).toMatchObject([
    { IpProtocol: "tcp", FromPort: 5432, ToPort: 5432, UserIdGroupPairs: [{ GroupId: "sg-web" }] },
  ]);
});

test("F7: a caller whose role says nothing of routes is refused by the same client", async () => {
  const { nobody } = await reachable();
  const move = new ReplaceRouteCommand({
    RouteTableId: "rtb-public",
    DestinationCidrBlock: "10.10.10.10/32",
    GatewayId: "igw-1",
  });
  await expect(new EC2Client(nobody).send(move)).rejects.toMatchObject({ name: "UnauthorizedOperation" });
});

test("the SDK's clients see groups, activities, target health, alarms and metrics", async () => {
  const { settings } = await reachable();
  const scaling = new AutoScalingClient(settings);
  const { AutoScalingGroups = [] } = await scaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ["web"] }),
  );
  expect(AutoScalingGroups[0]).toMatchObject({ MinSize: 2, MaxSize: 3, DesiredCapacity: 2, HealthCheckType: "ELB" });
  expect(AutoScalingGroups[0]?.Instances?.map((item) => item.LifecycleState)).toEqual(["InService", "InService"]);
  const { Activities = [] } = await scaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: "web" }));
  expect(Activities.map((item) => item.StatusCode)).toEqual(["Successful", "Successful"]);
  const balancing = new ElasticLoadBalancingV2Client(settings);
  const health = await balancing.send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }));
  expect(health.TargetHealthDescriptions?.map((item) => item.TargetHealth?.State)).toEqual(["healthy", "healthy"]);
  const watch = new CloudWatchClient(settings);
  const { MetricAlarms = [] } = await watch.send(new DescribeAlarmsCommand({ AlarmNames: ["cpu-high"] }));
  expect(MetricAlarms[0]).toMatchObject({
    StateValue: "OK",
    Threshold: 60,
    Statistic: "Average",
    EvaluationPeriods: 2,
  });
  const { AlarmHistoryItems = [] } = await watch.send(new DescribeAlarmHistoryCommand({ AlarmName: "cpu-high" }));
  expect(AlarmHistoryItems[0]?.HistorySummary).toBe("Alarm updated from INSUFFICIENT_DATA to OK");
  const Metric = {
    Namespace: "AWS/EC2",
    MetricName: "CPUUtilization",
    Dimensions: [{ Name: "AutoScalingGroupName", Value: "web" }],
  };
  const { MetricDataResults = [] } = await watch.send(
    new GetMetricDataCommand({
      StartTime: new Date(Date.UTC(2026, 0, 1)),
      EndTime: new Date(Date.UTC(2026, 0, 1, 0, 5)),
      MetricDataQueries: [{ Id: "cpu", MetricStat: { Metric, Period: 60, Stat: "Average" } }],
    }),
  );
  expect(MetricDataResults[0]?.Values?.map(Math.round)).toEqual([50, 50]);
});

test("the SDK's clients invoke a function and find its log lines", async () => {
  const { settings } = await reachable();
  const answer = await new LambdaClient(settings).send(
    new InvokeCommand({ FunctionName: "failover", Payload: Buffer.from("{}"), LogType: "Tail" }),
  );
  expect(JSON.parse(answer.Payload?.transformToString() ?? "")).toEqual({ zip: "failover.zip" });
  expect(Buffer.from(answer.LogResult ?? "", "base64").toString()).toBe("ran failover");
  const { events = [] } = await new CloudWatchLogsClient(settings).send(
    new FilterLogEventsCommand({ logGroupName: "/aws/lambda/failover", limit: 1 }),
  );
  expect(events.map((event) => event.message)).toEqual(["ran failover"]);
});
