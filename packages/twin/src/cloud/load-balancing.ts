import type { Bus } from "../model/bus.ts";
import type { Clock } from "../model/clock.ts";
import type { Graph, GraphResource, Supported } from "../model/graph.ts";
import type { HealthProber, Listener, LoadBalancerView, Target } from "../model/load-balancer.ts";
import { type Properties, propertiesOf } from "../model/properties.ts";
import type { Operations } from "../wire/operation.ts";
import type { MetricSink } from "./cloudwatch/metric.ts";
import type { Ec2 } from "./ec2.ts";
import { loadBalancingOperations } from "./load-balancing/operations.ts";
import { RequestMetrics } from "./load-balancing/request-metrics.ts";
import { targetGroupSettings } from "./load-balancing/target-group.ts";
import { Targets } from "./load-balancing/targets.ts";

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

/** Outcome of one request, as the data plane reports it. */
export type RequestOutcome = Parameters<LoadBalancerView["record"]>[0];

/** Elastic Load Balancing: application load balancers, their listeners and target groups. */
export class LoadBalancing implements LoadBalancerView {
  readonly ec2: Ec2;
  readonly targetGroups: ReadonlyMap<string, Targets>;
  readonly operations: Operations;
  readonly startedAt_ms: number;
  readonly #balancers: ReadonlyMap<string, LoadBalancerRecord>;
  readonly #listeners: readonly Listener[];
  readonly #metrics: RequestMetrics;
  #prober: HealthProber | undefined;

  constructor(graph: Graph, clock: Clock, bus: Bus, ec2: Ec2, metrics: MetricSink) {
    this.ec2 = ec2;
    this.startedAt_ms = clock.now();
    this.#balancers = new Map(
      graph.ofType("aws:lb/loadBalancer:LoadBalancer").map((resource) => [resource.id, this.#createBalancer(resource)]),
    );
    this.#listeners = graph.ofType("aws:lb/listener:Listener").map((resource) => listenerOf(resource));
    this.targetGroups = new Map(
      graph.ofType("aws:lb/targetGroup:TargetGroup").map((resource) => {
        const settings = targetGroupSettings(propertiesOf(resource));
        const parts = {
          clock,
          bus,
          prober: () => this.#requireProber(),
          loadBalancerArn: () => this.balancersOf(settings.arn)[0],
        };
        return [settings.arn, new Targets(settings, parts)];
      }),
    );
    this.#metrics = new RequestMetrics(this, metrics);
    bus.on((event) => {
      if (event.kind !== "instance-state") return;
      for (const targets of this.targetGroups.values()) {
        if (event.state === "running") targets.resume(event.instanceId);
        else if (event.state !== "pending") targets.suspend(event.instanceId, event.state);
      }
    });
    this.operations = loadBalancingOperations(this);
  }

  /** Must be called before the first target is registered. */
  bind(prober: HealthProber): void {
    this.#prober = prober;
  }

  balancers(): readonly LoadBalancerRecord[] {
    return [...this.#balancers.values()];
  }

  listeners(): readonly Listener[] {
    return this.#listeners;
  }

  /** ARNs of the load balancers whose listeners forward to the group. */
  balancersOf(targetGroupArn: string): readonly string[] {
    const forwarding = this.#listeners.filter(
      ({ action }) => action.kind === "forward" && action.targetGroupArn === targetGroupArn,
    );
    return [...new Set(forwarding.map((listener) => listener.loadBalancerArn))];
  }

  loadBalancer(arn: string): LoadBalancerRecord {
    const balancer = this.#balancers.get(arn);
    if (balancer === undefined) throw new Error(`There is no load balancer [${arn}] in the program.`);
    return balancer;
  }

  targets(targetGroupArn: string): Targets {
    const targets = this.targetGroups.get(targetGroupArn);
    if (targets === undefined) throw new Error(`There is no target group [${targetGroupArn}] in the program.`);
    return targets;
  }

  healthyTargets(targetGroupArn: string): readonly Target[] {
    return this.targets(targetGroupArn).taking();
  }

  register(targetGroupArn: string, instanceId: string): void {
    const targets = this.targets(targetGroupArn);
    const primary = this.ec2.instances.primary(instanceId);
    if (primary === undefined) throw new Error(`Instance ${instanceId} has no interface to be a target with.`);
    targets.register({ instanceId, ip: primary.privateIp, port: targets.settings.port });
  }

  record(outcome: RequestOutcome): void {
    this.#metrics.record(outcome);
  }

  /** Publishes the metrics of the minute that ends now. */
  publish(): void {
    this.#metrics.publish();
  }

  #createBalancer(resource: GraphResource): LoadBalancerRecord {
    const properties = propertiesOf(resource);
    const kind = properties.optionalText("loadBalancerType") ?? "application";
    if (kind !== "application") {
      throw new Error(
        `${properties.where}: the twin models application load balancers, but this one is a ${kind} one.`,
      );
    }
    const arn = properties.text("arn");
    const suffix = properties.optionalText("arnSuffix") ?? arn.slice(arn.indexOf(":loadbalancer/") + 14);
    const scheme = properties.flag("internal", false) ? "internal" : "internet-facing";
    const subnetIds = properties.texts("subnets");
    const securityGroupIds = properties.texts("securityGroups");
    const interfaceIds = subnetIds.map((subnetId) => {
      const description = `ELB ${suffix}`;
      const publicIp = scheme === "internet-facing";
      return this.ec2.interfaceTable.create({ subnetId, securityGroupIds, description, publicIp }).id;
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

  #requireProber(): HealthProber {
    if (this.#prober === undefined) throw new Error("No health prober is bound to the load balancer; bind one first.");
    return this.#prober;
  }
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

export const loadBalancingSupported: Supported = {
  "aws:lb/loadBalancer:LoadBalancer": [
    "name",
    "internal",
    "loadBalancerType",
    "securityGroups",
    "subnets",
    "idleTimeout",
    "tags",
  ],
  "aws:lb/targetGroup:TargetGroup": [
    "name",
    "port",
    "protocol",
    "vpcId",
    "deregistrationDelay",
    "healthCheck.path",
    "healthCheck.port",
    "healthCheck.protocol",
    "healthCheck.interval",
    "healthCheck.timeout",
    "healthCheck.healthyThreshold",
    "healthCheck.unhealthyThreshold",
    "healthCheck.matcher",
    "tags",
  ],
  "aws:lb/listener:Listener": [
    "loadBalancerArn",
    "port",
    "protocol",
    "defaultActions.type",
    "defaultActions.targetGroupArn",
    "defaultActions.redirect.protocol",
    "defaultActions.redirect.port",
    "defaultActions.redirect.statusCode",
  ],
};
