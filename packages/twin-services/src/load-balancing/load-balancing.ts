import type { Bus } from "@cloudy/twin-model/bus.ts";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import type {
  HealthProber,
  Listener,
  LoadBalancerView,
  RequestOutcome,
  Target,
} from "@cloudy/twin-model/load-balancer.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import type { MetricSink } from "../cloudwatch/metric.ts";
import type { Ec2 } from "../ec2/ec2.ts";
import type { LoadBalancerRecord, LoadBalancerRegistry } from "./registry.ts";
import { RequestMetrics } from "./request-metrics.ts";
import { targetGroupSettings } from "./target-group.ts";
import { Targets } from "./targets.ts";

interface Parts {
  readonly graph: Graph;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly ec2: Ec2;
  readonly registry: LoadBalancerRegistry;
  readonly metrics: MetricSink;
  readonly prober: HealthProber;
}

/** Elastic Load Balancing: application load balancers, their listeners and target groups. */
export class LoadBalancing implements LoadBalancerView {
  readonly ec2: Ec2;
  readonly registry: LoadBalancerRegistry;
  readonly targetGroups: ReadonlyMap<string, Targets>;
  readonly startedAt_ms: number;
  readonly #metrics: RequestMetrics;

  constructor({ graph, clock, bus, ec2, registry, metrics, prober }: Parts) {
    this.ec2 = ec2;
    this.startedAt_ms = clock.now();
    this.registry = registry;
    this.targetGroups = new Map(
      graph.ofType("aws:lb/targetGroup:TargetGroup").map((resource) => {
        const settings = targetGroupSettings(propertiesOf(resource));
        const loadBalancerArn = registry.balancersOf(settings.arn)[0];
        return [settings.arn, new Targets(settings, { clock, bus, prober, loadBalancerArn })];
      }),
    );
    this.#metrics = new RequestMetrics(this.registry, this.targetGroups, metrics);
    bus.on((event) => {
      if (event.kind !== "instance-state") return;
      for (const targets of this.targetGroups.values()) {
        if (event.state === "running") targets.resume(event.instanceId);
        else if (event.state !== "pending") targets.suspend(event.instanceId, event.state);
      }
    });
  }

  listeners(): readonly Listener[] {
    return this.registry.listeners;
  }

  loadBalancer(arn: string): LoadBalancerRecord {
    return this.registry.loadBalancer(arn);
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
}
