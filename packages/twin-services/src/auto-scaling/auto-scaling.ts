import { arn } from "@cloudy/twin-model/arn.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import type { AlarmSettings } from "../cloudwatch/alarm-settings.ts";
import type { MetricSink } from "../cloudwatch/metric.ts";
import type { Activity } from "./activities.ts";
import { groupPrerequisites, groupSettings } from "./group-settings.ts";
import { InstanceRefreshes } from "./instance-refresh.ts";
import { declaredHooks } from "./lifecycle-hook.ts";
import type { GroupParts, Member } from "./member.ts";
import { Policies } from "./policy-actions.ts";
import { policySettings } from "./policy-settings.ts";
import { ScalingGroup } from "./scaling-group.ts";
import { trackingAlarms } from "./tracking-alarms.ts";

/** EC2 Auto Scaling: groups, their policies and instance refreshes. */
export class AutoScaling {
  readonly graph: Graph;
  readonly groups: ReadonlyMap<string, ScalingGroup>;
  readonly policies: Policies;
  /** The alarms of its target tracking policies: CloudWatch keeps them and calls the policies. */
  readonly trackingAlarms: readonly AlarmSettings[];
  readonly #parts: GroupParts;
  readonly #refreshes: ReadonlyMap<string, InstanceRefreshes>;
  readonly #prerequisites: ReadonlyMap<string, readonly string[]>;
  readonly #metrics: MetricSink;

  constructor(graph: Graph, parts: GroupParts, metrics: MetricSink) {
    this.graph = graph;
    this.#parts = parts;
    this.#metrics = metrics;
    this.#prerequisites = groupPrerequisites(graph);
    const hooks = declaredHooks(graph);
    this.groups = new Map(
      graph.ofType("aws:autoscaling/group:Group").map((resource) => {
        const settings = groupSettings(propertiesOf(resource), resource.urn);
        return [settings.name, new ScalingGroup(settings, hooks.get(settings.name) ?? [], parts)];
      }),
    );
    this.#refreshes = new Map([...this.groups].map(([name, group]) => [name, new InstanceRefreshes(group, parts)]));
    const policies = graph
      .ofType("aws:autoscaling/policy:Policy")
      .map((resource) => policySettings(propertiesOf(resource)));
    this.policies = new Policies(policies, (policy) => this.group(policy.groupName), parts.clock);
    const make = { uuid: () => parts.ids.uuid(), arnOf: (name: string) => arn(graph, "cloudwatch", `alarm:${name}`) };
    this.trackingAlarms = policies.flatMap((policy) =>
      policy.kind === "TargetTrackingScaling" ? trackingAlarms(policy, make) : [],
    );
  }

  group(name: string): ScalingGroup {
    const group = this.groups.get(name);
    if (group === undefined) throw new Error(`There is no Auto Scaling group [${name}] in the program.`);
    return group;
  }

  refreshes(groupName: string): InstanceRefreshes {
    const refreshes = this.#refreshes.get(groupName);
    if (refreshes === undefined) throw new Error(`There is no Auto Scaling group [${groupName}] in the program.`);
    return refreshes;
  }

  memberOf(instanceId: string): { readonly group: ScalingGroup; readonly member: Member } | undefined {
    for (const group of this.groups.values()) {
      const member = group.members.get(instanceId);
      if (member !== undefined) return { group, member };
    }
    return undefined;
  }

  /** The newest activity of an instance. */
  activityOf(groupName: string, instanceId: string): Activity | undefined {
    return this.groups
      .get(groupName)
      ?.activities.all()
      .find((activity) => activity.instanceId === instanceId);
  }

  /** Launches what can be launched; a group that depends on others waits until they are in service, as `pulumi up` does. */
  start(): void {
    const startReady = () => {
      for (const [name, group] of this.groups) {
        if (this.areInService(this.#prerequisites.get(name) ?? [])) group.start();
      }
    };
    startReady();
    const cancel = this.#parts.bus.on((event) => {
      if (event.kind !== "scaling-activity") return;
      startReady();
      if ([...this.groups.values()].every((group) => group.started)) cancel();
    });
  }

  /** Whether `pulumi up` would go on: it waits until a new group has its instances in service. */
  areInService(groupNames: readonly string[]): boolean {
    return groupNames
      .map((name) => this.group(name))
      .every((group) => group.started && group.inService().length >= group.desired);
  }

  /** AWS/AutoScaling: the group metrics that the program enabled. */
  publish(): void {
    for (const group of this.groups.values()) {
      const members = [...group.members.values()];
      const count = (lifecycle: Member["lifecycle"]) =>
        members.filter((member) => member.lifecycle.split(":")[0] === lifecycle).length;
      const values: Readonly<Record<string, number>> = {
        GroupMinSize: group.settings.min,
        GroupMaxSize: group.settings.max,
        GroupDesiredCapacity: group.desired,
        GroupInServiceInstances: count("InService"),
        GroupPendingInstances: count("Pending"),
        GroupTerminatingInstances: count("Terminating"),
        GroupTotalInstances: members.length,
      };
      for (const name of group.settings.enabledMetrics) {
        const value = values[name];
        if (value === undefined) continue;
        const metric = {
          namespace: "AWS/AutoScaling",
          name,
          dimensions: { AutoScalingGroupName: group.settings.name },
        };
        this.#metrics.put(metric, { values: [value], counts: [1], unit: "None" }, this.#parts.clock.now() - 60_000);
      }
    }
  }
}
