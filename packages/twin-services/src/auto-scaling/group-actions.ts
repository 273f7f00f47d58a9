import type {
  ActivityType,
  ExecutePolicyType,
  SetDesiredCapacityType,
  SetInstanceHealthQuery,
  SetInstanceProtectionQuery,
  TerminateInstanceInAutoScalingGroupType,
  UpdateAutoScalingGroupType,
} from "@aws-sdk/client-auto-scaling";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import { type Access, AwsError, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import { because } from "./activities.ts";
import type { AutoScaling } from "./auto-scaling.ts";
import { describeActivity } from "./describe.ts";
import { groupNamed, onGroup } from "./group-queries.ts";
import { templateReference } from "./group-settings.ts";
import type { Member } from "./member.ts";
import type { ScalingGroup } from "./scaling-group.ts";

type Nothing = Record<never, never>;

export function groupActions(scaling: AutoScaling, clock: Clock): Operations {
  return { ...capacityActions(scaling, clock), ...instanceActions(scaling, clock) };
}

function capacityActions(scaling: AutoScaling, clock: Clock): Operations {
  return {
    SetDesiredCapacity: operation<SetDesiredCapacityType, Nothing>({
      access: (request) => onGroup(scaling, "SetDesiredCapacity", request.AutoScalingGroupName),
      run: (request) => {
        const group = groupNamed(scaling, request.AutoScalingGroupName);
        const wanted = request.DesiredCapacity ?? group.desired;
        const { min, max } = group.settings;
        if (wanted < min)
          throw invalid(`New SetDesiredCapacity value ${wanted} is below min value ${min} for the AutoScalingGroup.`);
        if (wanted > max)
          throw invalid(`New SetDesiredCapacity value ${wanted} is above max value ${max} for the AutoScalingGroup.`);
        if (request.HonorCooldown === true && group.activities.inProgress()) throw inProgress(group);
        if (wanted !== group.desired) group.setDesired(wanted, because.setDesired(clock.now(), group.desired, wanted));
        return {};
      },
    }),
    ExecutePolicy: operation<ExecutePolicyType, Nothing>({
      access: (request) => {
        const policy = scaling.policies.find(request.PolicyName ?? "", request.AutoScalingGroupName);
        return onGroup(scaling, "ExecutePolicy", policy?.groupName ?? request.AutoScalingGroupName);
      },
      run: (request) => {
        const policy = scaling.policies.find(request.PolicyName ?? "", request.AutoScalingGroupName);
        if (policy === undefined) throw invalid(`PolicyName not found - no such policy: ${request.PolicyName}`);
        if (policy.kind !== "SimpleScaling")
          throw invalid(`Policy ${policy.name} is ${policy.kind}; only simple scaling policies can be executed.`);
        const honor = request.HonorCooldown ?? false;
        const result = scaling.policies.execute(policy, honor);
        if (honor && !result.acted) throw new AwsError("ScalingActivityInProgress", result.sentence);
        return {};
      },
    }),
    UpdateAutoScalingGroup: operation<UpdateAutoScalingGroupType, Nothing>({
      access: (request) => onGroup(scaling, "UpdateAutoScalingGroup", request.AutoScalingGroupName),
      run: (request) => {
        update(groupNamed(scaling, request.AutoScalingGroupName), request, clock);
        return {};
      },
    }),
  };
}

function instanceActions(scaling: AutoScaling, clock: Clock): Operations {
  return {
    TerminateInstanceInAutoScalingGroup: operation<TerminateInstanceInAutoScalingGroupType, ActivityType>({
      access: (request) => onInstance(scaling, "TerminateInstanceInAutoScalingGroup", request.InstanceId),
      run: (request) => {
        const { group, member } = memberNamed(scaling, request.InstanceId);
        const shrinks = request.ShouldDecrementDesiredCapacity === true;
        if (shrinks && group.desired <= group.settings.min) {
          throw invalid(
            `Currently, desiredSize equals minSize (${group.settings.min}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
          );
        }
        const cause = because.userTermination(clock.now(), member.instanceId);
        group.takeOut(member, cause);
        group.setDesired(shrinks ? group.desired - 1 : group.desired, shrinks ? cause : "");
        return { Activity: describeActivity(member.activity, group) };
      },
    }),
    SetInstanceHealth: operation<SetInstanceHealthQuery, Nothing>({
      access: (request) => onInstance(scaling, "SetInstanceHealth", request.InstanceId),
      run: (request) => {
        const { group, member } = memberNamed(scaling, request.InstanceId);
        if (request.HealthStatus !== "Healthy" && request.HealthStatus !== "Unhealthy") {
          throw invalid(`HealthStatus '${request.HealthStatus}' is not Healthy or Unhealthy.`);
        }
        const inService_ms = clock.now() - (member.inServiceAt_ms ?? clock.now());
        const isGraced =
          request.ShouldRespectGracePeriod !== false && inService_ms < group.settings.gracePeriod_s * 1000;
        if (request.HealthStatus === "Unhealthy" && !isGraced) group.replace(member, "a user health-check");
        return {};
      },
    }),
    SetInstanceProtection: operation<SetInstanceProtectionQuery, Nothing>({
      access: (request) => onGroup(scaling, "SetInstanceProtection", request.AutoScalingGroupName),
      run: (request) => {
        const group = groupNamed(scaling, request.AutoScalingGroupName);
        const members = (request.InstanceIds ?? []).map((id) => {
          const member = group.members.get(id);
          if (member === undefined)
            throw invalid(`The instance ${id} is not part of Auto Scaling group ${group.settings.name}.`);
          return member;
        });
        for (const member of members) member.protectedFromScaleIn = request.ProtectedFromScaleIn ?? false;
        return {};
      },
    }),
  };
}

function update(group: ScalingGroup, request: UpdateAutoScalingGroupType, clock: Clock): void {
  const { settings } = group;
  const min = request.MinSize ?? settings.min;
  const max = request.MaxSize ?? settings.max;
  if (min > max) throw invalid(`MinSize ${min} must not be above MaxSize ${max}.`);
  const desired = Math.min(max, Math.max(min, request.DesiredCapacity ?? group.desired));
  if (request.DesiredCapacity !== undefined && desired !== request.DesiredCapacity) {
    throw invalid(
      `Desired capacity:${request.DesiredCapacity} must be between the specified min size:${min} and max size:${max}`,
    );
  }
  group.settings = {
    ...settings,
    min,
    max,
    defaultCooldown_s: request.DefaultCooldown ?? settings.defaultCooldown_s,
    gracePeriod_s: request.HealthCheckGracePeriod ?? settings.gracePeriod_s,
  };
  if (request.LaunchTemplate !== undefined) {
    const launchTemplate = templateReference(request.LaunchTemplate, settings.launchTemplate.id);
    group.settings = { ...group.settings, launchTemplate };
  }
  if (desired !== group.desired) {
    group.setDesired(desired, because.updated(clock.now(), { min, max, desired }, group.desired));
  }
}

function onInstance(scaling: AutoScaling, action: string, instanceId: string | undefined): readonly Access[] {
  return onGroup(scaling, action, memberNamed(scaling, instanceId).group.settings.name);
}

function memberNamed(
  scaling: AutoScaling,
  id: string | undefined,
): { readonly group: ScalingGroup; readonly member: Member } {
  const found = scaling.memberOf(id ?? "");
  if (found === undefined) throw invalid(`Instance Id not found - No managed instance found for instance ID: ${id}`);
  return found;
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationError", message);
}

function inProgress(group: ScalingGroup): AwsError {
  return new AwsError(
    "ScalingActivityInProgress",
    `A scaling activity of ${group.settings.name} is in progress; wait until it is over.`,
  );
}
