import type {
  ActivitiesType,
  AutoScalingGroupNamesType,
  AutoScalingGroupsType,
  AutoScalingInstancesType,
  DescribeAutoScalingInstancesType,
  DescribeInstanceRefreshesAnswer,
  DescribeInstanceRefreshesType,
  DescribePoliciesType,
  DescribeScalingActivitiesType,
  PoliciesType,
} from "@aws-sdk/client-auto-scaling";
import { tagConditions } from "@cloudy/twin-model/arn.ts";
import { type Access, AwsError, type Operation, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import type { Alarms } from "../cloudwatch/alarms.ts";
import type { AutoScaling } from "./auto-scaling.ts";
import {
  describeActivity,
  describeGroup,
  describeInstanceDetails,
  describePolicy,
  describeRefresh,
} from "./describe.ts";
import type { ScalingGroup } from "./scaling-group.ts";

export function groupQueries(scaling: AutoScaling, alarms: Alarms, zoneOf: (subnetId: string) => string): Operations {
  return {
    DescribeAutoScalingGroups: query<AutoScalingGroupNamesType, AutoScalingGroupsType>(
      "DescribeAutoScalingGroups",
      (request) => {
        const names = request.AutoScalingGroupNames ?? [];
        const found = [...scaling.groups.values()].filter(
          (group) =>
            (names.length === 0 || names.includes(group.settings.name)) && matchesTags(group, request.Filters ?? []),
        );
        const page = pageOf(found, request, 50);
        return { AutoScalingGroups: page.items.map((group) => describeGroup(group, zoneOf)), ...page.next };
      },
    ),
    DescribeAutoScalingInstances: query<DescribeAutoScalingInstancesType, AutoScalingInstancesType>(
      "DescribeAutoScalingInstances",
      (request) => {
        const ids = request.InstanceIds ?? [];
        const found = [...scaling.groups.values()].flatMap((group) =>
          [...group.members.values()]
            .filter((member) => ids.length === 0 || ids.includes(member.instanceId))
            .map((member) => describeInstanceDetails(group.settings.name, member)),
        );
        const page = pageOf(found, request, 50);
        return { AutoScalingInstances: page.items, ...page.next };
      },
    ),
    DescribeScalingActivities: query<DescribeScalingActivitiesType, ActivitiesType>(
      "DescribeScalingActivities",
      (request) => {
        const groups =
          request.AutoScalingGroupName === undefined
            ? [...scaling.groups.values()]
            : [groupNamed(scaling, request.AutoScalingGroupName)];
        const found = groups
          .flatMap((group) => group.activities.all().map((activity) => ({ activity, group })))
          .filter(({ activity }) => request.ActivityIds?.includes(activity.id) ?? true)
          .sort((a, b) => b.activity.startedAt_ms - a.activity.startedAt_ms);
        const page = pageOf(found, request, 100);
        return { Activities: page.items.map(({ activity, group }) => describeActivity(activity, group)), ...page.next };
      },
    ),
    DescribePolicies: query<DescribePoliciesType, PoliciesType>("DescribePolicies", (request) => {
      const found = scaling.policies
        .all()
        .filter(
          (policy) =>
            (request.AutoScalingGroupName === undefined || request.AutoScalingGroupName === policy.groupName) &&
            (request.PolicyNames?.some((name) => name === policy.name || name === policy.arn) ?? true) &&
            (request.PolicyTypes?.includes(policy.kind) ?? true),
        );
      const page = pageOf(found, request, 50);
      return { ScalingPolicies: page.items.map((policy) => describePolicy(policy, alarms.all())), ...page.next };
    }),
    DescribeInstanceRefreshes: query<DescribeInstanceRefreshesType, DescribeInstanceRefreshesAnswer>(
      "DescribeInstanceRefreshes",
      (request) => {
        const { name } = groupNamed(scaling, request.AutoScalingGroupName).settings;
        const found = scaling
          .refreshes(name)
          .all()
          .filter((refresh) => request.InstanceRefreshIds?.includes(refresh.id) ?? true);
        const page = pageOf(found, request, 50);
        return { InstanceRefreshes: page.items.map((refresh) => describeRefresh(refresh, name)), ...page.next };
      },
    ),
  };
}

export function groupNamed(scaling: AutoScaling, name: string | undefined): ScalingGroup {
  const group = scaling.groups.get(name ?? "");
  if (group !== undefined) return group;
  throw new AwsError("ValidationError", `AutoScalingGroup name not found - no such group: ${name}`);
}

/** What an action on a group needs; its tags are conditions. */
export function onGroup(scaling: AutoScaling, action: string, name: string | undefined): readonly Access[] {
  const { settings } = groupNamed(scaling, name);
  const tags = Object.fromEntries(settings.tags.map((tag) => [tag.key, tag.value]));
  const context = tagConditions(tags, "autoscaling");
  return [{ action: `autoscaling:${action}`, resource: settings.arn, context }];
}

/** Auto Scaling's Describe actions know no resources. */
function query<Request, Result>(action: string, run: (request: Request) => Result): Operation {
  return operation<Request, Result>({ access: () => [{ action: `autoscaling:${action}`, resource: "*" }], run });
}

interface Filter {
  readonly Name?: string | undefined;
  readonly Values?: readonly string[] | undefined;
}

function matchesTags(group: ScalingGroup, filters: readonly Filter[]): boolean {
  const { tags } = group.settings;
  return filters.every(({ Name = "", Values = [] }) => {
    if (Name === "tag-key") return tags.some((tag) => Values.includes(tag.key));
    if (Name === "tag-value") return tags.some((tag) => Values.includes(tag.value));
    const key = Name.startsWith("tag:") ? Name.slice("tag:".length) : undefined;
    if (key === undefined)
      throw new AwsError("ValidationError", `The filter '${Name}' is not tag:<key>, tag-key or tag-value.`);
    return tags.some((tag) => tag.key === key && Values.includes(tag.value));
  });
}

function pageOf<Item>(
  items: readonly Item[],
  request: { readonly MaxRecords?: number | undefined; readonly NextToken?: string | undefined },
  byDefault: number,
): { readonly items: Item[]; readonly next: { readonly NextToken?: string } } {
  const start = Number(request.NextToken ?? 0);
  const end = start + (request.MaxRecords ?? byDefault);
  return { items: items.slice(start, end), next: end < items.length ? { NextToken: String(end) } : {} };
}
