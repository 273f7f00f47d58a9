import type { Graph, GraphResource } from "@cloudy/twin-model/graph.ts";
import type { Listener } from "@cloudy/twin-model/load-balancer.ts";
import { type Properties, propertiesOf } from "@cloudy/twin-model/properties.ts";
import type { Interfaces } from "../ec2/interfaces.ts";

export interface LoadBalancerRecord {
  readonly arn: string;
  readonly name: string;
  /** `app/<name>/<id>`: its name as a metric dimension. */
  readonly suffix: string;
  readonly dnsName: string;
  readonly zoneId: string;
  readonly scheme: "internal" | "internet-facing";
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly interfaceIds: readonly string[];
  readonly idleTimeout_s: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** The load balancers and listeners of the program. Nothing changes them while the twin runs. */
export class LoadBalancerRegistry {
  readonly balancers: readonly LoadBalancerRecord[];
  readonly listeners: readonly Listener[];

  /** Each load balancer gets its nodes' interfaces, one a subnet. */
  constructor(graph: Graph, interfaces: Interfaces) {
    this.balancers = graph
      .ofType("aws:lb/loadBalancer:LoadBalancer")
      .map((resource) => balancerOf(resource, interfaces));
    this.listeners = graph.ofType("aws:lb/listener:Listener").map(listenerOf);
  }

  /** ARNs of the load balancers whose listeners forward to the group. */
  balancersOf(targetGroupArn: string): readonly string[] {
    const forwarding = this.listeners.filter(
      ({ action }) => action.kind === "forward" && action.targetGroupArn === targetGroupArn,
    );
    return [...new Set(forwarding.map((listener) => listener.loadBalancerArn))];
  }

  loadBalancer(arn: string): LoadBalancerRecord {
    const balancer = this.balancers.find((item) => item.arn === arn);
    if (balancer === undefined) throw new Error(`There is no load balancer [${arn}] in the program.`);
    return balancer;
  }
}

function balancerOf(resource: GraphResource, interfaces: Interfaces): LoadBalancerRecord {
  const properties = propertiesOf(resource);
  const kind = properties.optionalText("loadBalancerType") ?? "application";
  if (kind !== "application") {
    throw new Error(`${properties.where}: the twin models application load balancers, but this one is a ${kind} one.`);
  }
  const arn = properties.text("arn");
  const suffix = properties.optionalText("arnSuffix") ?? arn.slice(arn.indexOf(":loadbalancer/") + 14);
  const scheme = properties.flag("internal", false) ? "internal" : "internet-facing";
  const subnetIds = properties.texts("subnets");
  const securityGroupIds = properties.texts("securityGroups");
  const interfaceIds = subnetIds.map((subnetId) => {
    const description = `ELB ${suffix}`;
    const publicIp = scheme === "internet-facing";
    return interfaces.create({ subnetId, securityGroupIds, description, publicIp }).id;
  });
  return {
    arn,
    name: properties.text("name"),
    suffix,
    dnsName: properties.text("dnsName"),
    zoneId: properties.optionalText("zoneId") ?? "",
    scheme,
    subnetIds,
    securityGroupIds,
    interfaceIds,
    idleTimeout_s: properties.number("idleTimeout", 60),
    tags: properties.textMap("tags"),
  };
}

function listenerOf(resource: GraphResource): Listener {
  const properties = propertiesOf(resource);
  const [action, ...others] = properties.children("defaultActions");
  if (action === undefined || others.length > 0) {
    throw new Error(`${properties.where}: the twin models listeners with exactly one default action.`);
  }
  return {
    arn: properties.text("arn"),
    loadBalancerArn: properties.text("loadBalancerArn"),
    port: properties.number("port", 80),
    protocol: properties.optionalText("protocol") ?? "HTTP",
    action: actionOf(action),
  };
}

function actionOf(action: Properties): Listener["action"] {
  const kind = action.text("type");
  if (kind === "forward") return { kind, targetGroupArn: action.text("targetGroupArn") };
  const redirect = action.child("redirect");
  if (kind !== "redirect" || redirect === undefined) {
    throw new Error(`${action.where}: the twin models the actions forward and redirect, but not [${kind}].`);
  }
  return {
    kind,
    protocol: redirect.optionalText("protocol") ?? "#{protocol}",
    port: redirect.optionalText("port") ?? "#{port}",
    statusCode: redirect.text("statusCode"),
  };
}
