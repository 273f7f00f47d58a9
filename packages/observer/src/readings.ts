import { DescribeAutoScalingGroupsCommand, DescribeScalingActivitiesCommand } from "@aws-sdk/client-auto-scaling";
import {
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  type MetricDataQuery,
} from "@aws-sdk/client-cloudwatch";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeInstancesCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type Instance,
  type RouteTable,
} from "@aws-sdk/client-ec2";
import { DescribeLoadBalancersCommand, DescribeTargetHealthCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { alarmChangeOf } from "./aws-sentences.ts";
import type { Clients } from "./connection.ts";
import { readDeclared } from "./declared.ts";
import type { StackNames } from "./outputs.ts";
import type {
  AlarmView,
  DeclaredView,
  GroupView,
  InstanceView,
  NetworkView,
  Point,
  RouteView,
  SystemView,
  TargetView,
} from "./run.ts";

export interface AlarmChange {
  readonly alarmName: string;
  readonly t_ms: number;
  readonly from: string;
  readonly to: string;
}

export interface ScalingActivity {
  readonly id: string;
  readonly groupName: string;
  readonly start_ms: number;
  readonly description: string;
  readonly cause: string;
}

export interface LogLine {
  readonly id: string;
  readonly t_ms: number;
  readonly message: string;
}

/** What one poll of the API brought. */
export type Reading =
  | { readonly kind: "groups"; readonly groups: readonly GroupView[] }
  | { readonly kind: "instances"; readonly instances: readonly InstanceView[] }
  | { readonly kind: "targets"; readonly targets: readonly TargetView[] }
  | { readonly kind: "alarms"; readonly alarms: readonly AlarmView[] }
  | { readonly kind: "alarm history"; readonly changes: readonly AlarmChange[] }
  | { readonly kind: "cpu"; readonly web: readonly Point[]; readonly instances: Readonly<Record<string, Point[]>> }
  | { readonly kind: "activities"; readonly activities: readonly ScalingActivity[] }
  | { readonly kind: "routes"; readonly route: RouteView }
  | { readonly kind: "log"; readonly lines: readonly LogLine[] }
  | { readonly kind: "network"; readonly network: NetworkView; readonly declared: DeclaredView };

export type ReadingKind = Reading["kind"];

/** What a reading may depend on: names, what is known already, and the cloud time from which on to ask. */
export interface Question {
  readonly clients: Clients;
  readonly names: StackNames;
  readonly view: SystemView;
  readonly from_ms: number;
  readonly now_ms: number;
}

export const READERS: { readonly [K in ReadingKind]: (question: Question) => Promise<Reading> } = {
  groups: readGroups,
  instances: readInstances,
  targets: readTargets,
  alarms: readAlarms,
  "alarm history": readAlarmHistory,
  cpu: readCpu,
  activities: readActivities,
  routes: readRoutes,
  log: readLog,
  network: readNetwork,
};

async function readGroups({ clients, names }: Question): Promise<Reading> {
  const answer = await clients.autoScaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [names.webGroupName, names.databaseGroupName] }),
  );
  const groups = (answer.AutoScalingGroups ?? []).map((group) => ({
    name: group.AutoScalingGroupName ?? "",
    min: group.MinSize ?? 0,
    max: group.MaxSize ?? 0,
    desired: group.DesiredCapacity ?? 0,
    ...(group.HealthCheckGracePeriod === undefined ? {} : { grace_s: group.HealthCheckGracePeriod }),
    ...(group.DefaultCooldown === undefined ? {} : { cooldown_s: group.DefaultCooldown }),
    members: (group.Instances ?? []).map((member) => ({
      instanceId: member.InstanceId ?? "",
      lifecycle: member.LifecycleState ?? "",
      health: member.HealthStatus ?? "",
    })),
  }));
  return { kind: "groups", groups };
}

async function readInstances({ clients, names, view }: Question): Promise<Reading> {
  const vpcId = view.network?.vpcId;
  // Until the VPC is known, those of the stack's groups: the account may hold other stacks.
  const filter =
    vpcId === undefined
      ? { Name: "tag:aws:autoscaling:groupName", Values: [names.webGroupName, names.databaseGroupName] }
      : { Name: "vpc-id", Values: [vpcId] };
  const answer = await clients.ec2.send(new DescribeInstancesCommand({ Filters: [filter] }));
  const instances = (answer.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
  return { kind: "instances", instances: instances.map(instanceView) };
}

function instanceView(instance: Instance): InstanceView {
  const tag = (key: string) => instance.Tags?.find((candidate) => candidate.Key === key)?.Value;
  return {
    id: instance.InstanceId ?? "",
    name: tag("Name") ?? "",
    groupName: tag("aws:autoscaling:groupName"),
    state: instance.State?.Name ?? "unknown",
    availabilityZone: instance.Placement?.AvailabilityZone ?? "",
    subnetId: instance.SubnetId ?? "",
    instanceType: instance.InstanceType ?? "",
    privateIp: instance.PrivateIpAddress ?? "",
    privateDnsName: instance.PrivateDnsName ?? "",
    launch_ms: instance.LaunchTime?.getTime() ?? 0,
  };
}

async function readTargets({ clients, names }: Question): Promise<Reading> {
  const answer = await clients.loadBalancing.send(
    new DescribeTargetHealthCommand({ TargetGroupArn: names.targetGroupArn }),
  );
  const targets = (answer.TargetHealthDescriptions ?? []).map((target) => ({
    instanceId: target.Target?.Id ?? "",
    state: target.TargetHealth?.State ?? "unknown",
    reason: target.TargetHealth?.Description ?? target.TargetHealth?.Reason ?? "",
  }));
  return { kind: "targets", targets };
}

/** Our own alarms by the stack's outputs; where it has none, those that AWS made for the group's policies. */
function alarmNames({ names, view }: Question): readonly string[] {
  const own = [names.highCpuAlarmName, names.lowCpuAlarmName].filter((name) => name !== undefined);
  return own.length > 0 ? own : (view.declared?.alarmNames ?? []);
}

async function readAlarms(question: Question): Promise<Reading> {
  const { clients } = question;
  const AlarmNames = [...alarmNames(question)];
  // Without names CloudWatch would list every alarm of the account.
  if (AlarmNames.length === 0) return { kind: "alarms", alarms: [] };
  const answer = await clients.cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames }));
  const alarms = (answer.MetricAlarms ?? []).map((alarm) => ({
    name: alarm.AlarmName ?? "",
    role: alarm.ComparisonOperator?.startsWith("Less") ? ("low" as const) : ("high" as const),
    state: alarm.StateValue ?? "INSUFFICIENT_DATA",
    threshold: alarm.Threshold ?? 0,
    period_s: alarm.Period ?? 60,
    evaluationPeriods: alarm.EvaluationPeriods ?? 1,
  }));
  return { kind: "alarms", alarms };
}

async function readAlarmHistory(question: Question): Promise<Reading> {
  const { clients, from_ms } = question;
  const answers = await Promise.all(
    alarmNames(question).map((AlarmName) =>
      clients.cloudWatch.send(
        new DescribeAlarmHistoryCommand({
          AlarmName,
          HistoryItemType: "StateUpdate",
          StartDate: new Date(from_ms),
          MaxRecords: 50,
        }),
      ),
    ),
  );
  const changes = answers
    .flatMap((answer) => answer.AlarmHistoryItems ?? [])
    .flatMap((item) => {
      const change = alarmChangeOf(item.HistorySummary ?? "");
      if (change === undefined || item.Timestamp === undefined) return [];
      return [{ alarmName: item.AlarmName ?? "", t_ms: item.Timestamp.getTime(), ...change }];
    });
  return { kind: "alarm history", changes };
}

async function readCpu({ clients, names, view, from_ms, now_ms }: Question): Promise<Reading> {
  const ids = [...(view.web?.members ?? []), ...(view.database?.members ?? [])].map((member) => member.instanceId);
  const query = (id: string, dimension: string, value: string): MetricDataQuery => ({
    Id: id,
    MetricStat: {
      Metric: {
        Namespace: "AWS/EC2",
        MetricName: "CPUUtilization",
        Dimensions: [{ Name: dimension, Value: value }],
      },
      Period: 60,
      Stat: "Average",
    },
  });
  const answer = await clients.cloudWatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(from_ms - (from_ms % 60_000)),
      EndTime: new Date(now_ms),
      ScanBy: "TimestampAscending",
      MetricDataQueries: [
        query("web", "AutoScalingGroupName", names.webGroupName),
        ...ids.map((id, index) => query(`i${index}`, "InstanceId", id)),
      ],
    }),
  );
  const points = new Map<string, Point[]>();
  for (const result of answer.MetricDataResults ?? []) {
    const values = result.Values ?? [];
    const series = (result.Timestamps ?? []).map((at, index) => ({ t_ms: at.getTime(), value: values[index] ?? 0 }));
    points.set(result.Id ?? "", [...(points.get(result.Id ?? "") ?? []), ...series]);
  }
  const instances = Object.fromEntries(ids.map((id, index) => [id, points.get(`i${index}`) ?? []]));
  return { kind: "cpu", web: points.get("web") ?? [], instances };
}

async function readActivities({ clients, names, from_ms }: Question): Promise<Reading> {
  const answers = await Promise.all(
    [names.webGroupName, names.databaseGroupName].map((AutoScalingGroupName) =>
      clients.autoScaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName, MaxRecords: 20 })),
    ),
  );
  const activities = answers
    .flatMap((answer) => answer.Activities ?? [])
    .map((activity) => ({
      id: activity.ActivityId ?? "",
      groupName: activity.AutoScalingGroupName ?? "",
      start_ms: activity.StartTime?.getTime() ?? 0,
      description: activity.Description ?? "",
      cause: activity.Cause ?? "",
    }))
    .filter((activity) => activity.start_ms >= from_ms);
  return { kind: "activities", activities };
}

async function readRoutes({ clients, names }: Question): Promise<Reading> {
  const answer = await clients.ec2.send(
    new DescribeRouteTablesCommand({ RouteTableIds: [...names.databaseRouteTableIds] }),
  );
  return { kind: "routes", route: routeView(answer.RouteTables ?? [], `${names.virtualIp}/32`) };
}

/** The virtual IP has one holder only when every table agrees; tables at odds are shown as such. */
function routeView(tables: readonly RouteTable[], cidr: string): RouteView {
  const routes = tables.map((table) => table.Routes?.find((route) => route.DestinationCidrBlock === cidr));
  const holders = new Set(routes.map((route) => route?.InstanceId));
  const [holder] = holders;
  const states = new Set(routes.map((route) => route?.State ?? "missing"));
  return {
    tableIds: tables.map((table) => table.RouteTableId ?? ""),
    instanceId: holders.size === 1 ? holder : undefined,
    state: holders.size > 1 ? "moving" : [...states].join(", "),
  };
}

async function readLog({ clients, names, from_ms }: Question): Promise<Reading> {
  const lines: LogLine[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await clients.logs.send(
      new FilterLogEventsCommand({
        logGroupName: names.failoverLogGroupName,
        startTime: Math.floor(from_ms),
        ...(nextToken === undefined ? {} : { nextToken }),
      }),
    );
    for (const event of answer.events ?? []) {
      const t_ms = event.timestamp ?? 0;
      const message = (event.message ?? "").trim();
      lines.push({ id: event.eventId ?? `${t_ms} ${message}`, t_ms, message });
    }
    nextToken = answer.nextToken;
  } while (nextToken !== undefined);
  return { kind: "log", lines };
}

async function readNetwork({ clients, names }: Question): Promise<Reading> {
  const balancers = await clients.loadBalancing.send(
    new DescribeLoadBalancersCommand({ LoadBalancerArns: [names.loadBalancerArn] }),
  );
  const balancer = balancers.LoadBalancers?.[0];
  const vpcId = balancer?.VpcId ?? "";
  const [declared, vpcs, subnets] = await Promise.all([
    readDeclared(clients, names),
    clients.ec2.send(new DescribeVpcsCommand({ VpcIds: [vpcId] })),
    clients.ec2.send(new DescribeSubnetsCommand({ Filters: [{ Name: "vpc-id", Values: [vpcId] }] })),
  ]);
  const network: NetworkView = {
    vpcId,
    vpcCidr: vpcs.Vpcs?.[0]?.CidrBlock ?? "",
    loadBalancer: balancer?.LoadBalancerName ?? "",
    subnets: (subnets.Subnets ?? []).map((subnet) => ({
      id: subnet.SubnetId ?? "",
      cidr: subnet.CidrBlock ?? "",
      availabilityZone: subnet.AvailabilityZone ?? "",
      isPublic: subnet.MapPublicIpOnLaunch ?? false,
    })),
  };
  return { kind: "network", network, declared };
}
