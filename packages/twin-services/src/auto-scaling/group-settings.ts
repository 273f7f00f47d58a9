import type { Graph, GraphResource } from "@cloudy/twin-model/graph.ts";
import { type Properties, propertiesOf } from "@cloudy/twin-model/properties.ts";

interface GroupTag {
  readonly key: string;
  readonly value: string;
  readonly propagateAtLaunch: boolean;
}

export interface GroupSettings {
  readonly name: string;
  readonly arn: string;
  readonly urn: string;
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  readonly defaultCooldown_s: number;
  readonly defaultWarmup_s: number | undefined;
  readonly healthCheckType: "EC2" | "ELB";
  readonly gracePeriod_s: number;
  readonly subnetIds: readonly string[];
  readonly launchTemplate: TemplateReference;
  readonly targetGroupArns: readonly string[];
  readonly tags: readonly GroupTag[];
  readonly enabledMetrics: readonly string[];
  readonly protectFromScaleIn: boolean;
}

/** A launch template by id or name; the version is a number, `$Latest` or `$Default`. */
export interface TemplateReference {
  readonly id: string;
  readonly version: string;
}

/** A launch template as the API names it; `current` is that of the group, when the request names none. */
export function templateReference(
  given: {
    readonly LaunchTemplateId?: string | undefined;
    readonly LaunchTemplateName?: string | undefined;
    readonly Version?: string | undefined;
  },
  current: string,
): TemplateReference {
  return { id: given.LaunchTemplateId ?? given.LaunchTemplateName ?? current, version: given.Version ?? "$Default" };
}

/** Reads a recorded Auto Scaling group; defaults are the provider's, else AWS's. */
export function groupSettings(properties: Properties, urn: string): GroupSettings {
  const template = properties.child("launchTemplate");
  const id = template?.optionalText("id") ?? template?.optionalText("name");
  if (template === undefined || id === undefined) {
    throw new Error(`${properties.where}: [launchTemplate] with an id or name is required.`);
  }
  const min = properties.number("minSize");
  const checkType = properties.optionalText("healthCheckType") ?? "EC2";
  if (checkType !== "EC2" && checkType !== "ELB") {
    throw new Error(`${properties.where}: [healthCheckType] is ${checkType}, but the twin knows EC2 and ELB.`);
  }
  return {
    name: properties.text("name"),
    arn: properties.text("arn"),
    urn,
    min,
    max: properties.number("maxSize"),
    desired: properties.number("desiredCapacity", min),
    defaultCooldown_s: properties.number("defaultCooldown", 300),
    defaultWarmup_s: properties.optionalNumber("defaultInstanceWarmup"),
    healthCheckType: checkType,
    gracePeriod_s: properties.number("healthCheckGracePeriod", 300),
    subnetIds: properties.texts("vpcZoneIdentifiers"),
    launchTemplate: { id, version: template.optionalText("version") ?? "$Default" },
    targetGroupArns: properties.texts("targetGroupArns"),
    tags: properties.children("tags").map((tag) => ({
      key: tag.text("key"),
      value: tag.text("value"),
      propagateAtLaunch: tag.flag("propagateAtLaunch", false),
    })),
    enabledMetrics: properties.texts("enabledMetrics"),
    protectFromScaleIn: properties.flag("protectFromScaleIn", false),
  };
}

/** Names of the groups that must be in service before each group starts, by `dependsOn` (direct or through others). */
export function groupPrerequisites(
  graph: Graph,
  of: readonly GraphResource[] = graph.ofType("aws:autoscaling/group:Group"),
): ReadonlyMap<string, readonly string[]> {
  const groups = graph.ofType("aws:autoscaling/group:Group");
  const nameOf = new Map(groups.map((resource) => [resource.urn, propertiesOf(resource).text("name")]));
  const byUrn = new Map(graph.resources.map((resource) => [resource.urn, resource]));
  const childrenOf = Map.groupBy(graph.resources, (resource) => resource.parent ?? "");
  const reach = (start: string) => {
    const seen = new Set<string>();
    const open = [...(byUrn.get(start)?.dependencies ?? [])];
    for (let urn = open.pop(); urn !== undefined; urn = open.pop()) {
      if (seen.has(urn)) continue;
      seen.add(urn);
      // To depend on a component is to depend on all that it made.
      const isComponent = !/^(aws|random|pulumi):/.test(byUrn.get(urn)?.type ?? "");
      const children = isComponent ? (childrenOf.get(urn) ?? []).map((child) => child.urn) : [];
      open.push(...(byUrn.get(urn)?.dependencies ?? []), ...children);
    }
    return seen;
  };
  return new Map(
    of.map((resource) => {
      const needed = [...reach(resource.urn)].flatMap((urn) => nameOf.get(urn) ?? []);
      const name = propertiesOf(resource).text("name");
      return [name, needed.filter((other) => other !== name)];
    }),
  );
}
