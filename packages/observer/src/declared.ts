import { DescribePoliciesCommand } from "@aws-sdk/client-auto-scaling";
import {
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Clients } from "./connection.ts";
import type { StackNames } from "./outputs.ts";
import type { DeclaredView } from "./run.ts";

/** What the stack declares of its scaling and its health checks; what may not be read is left out. */
export async function readDeclared(clients: Clients, names: StackNames): Promise<DeclaredView> {
  const [scaling, health, deregistration] = await Promise.all([
    readPolicies(clients, names).catch(() => ({})),
    readHealthCheck(clients, names).catch(() => ({})),
    readDeregistration(clients, names).catch(() => ({})),
  ]);
  return { ...scaling, ...health, ...deregistration };
}

async function readPolicies({ autoScaling }: Clients, names: StackNames): Promise<DeclaredView> {
  const answer = await autoScaling.send(new DescribePoliciesCommand({ AutoScalingGroupName: names.webGroupName }));
  const policies = answer.ScalingPolicies ?? [];
  const target = policies.find((policy) => policy.TargetTrackingConfiguration !== undefined);
  const targetPercent = target?.TargetTrackingConfiguration?.TargetValue;
  return {
    policies: policies.length,
    alarmNames: policies.flatMap(({ Alarms = [] }) => Alarms.flatMap(({ AlarmName }) => AlarmName ?? [])),
    ...(targetPercent === undefined ? {} : { targetPercent }),
  };
}

async function readHealthCheck({ loadBalancing }: Clients, names: StackNames): Promise<DeclaredView> {
  const answer = await loadBalancing.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [names.targetGroupArn] }));
  const group = answer.TargetGroups?.[0];
  const interval_s = group?.HealthCheckIntervalSeconds;
  const checks = group?.HealthyThresholdCount;
  return interval_s === undefined || checks === undefined ? {} : { healthy_s: interval_s * checks };
}

async function readDeregistration({ loadBalancing }: Clients, names: StackNames): Promise<DeclaredView> {
  const answer = await loadBalancing.send(
    new DescribeTargetGroupAttributesCommand({ TargetGroupArn: names.targetGroupArn }),
  );
  const found = answer.Attributes?.find(({ Key }) => Key === "deregistration_delay.timeout_seconds")?.Value;
  return found === undefined ? {} : { deregistration_s: Number(found) };
}
