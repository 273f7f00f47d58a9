import type { RequestOutcome } from "@cloudy/twin-model/load-balancer.ts";
import type { MetricSink } from "../cloudwatch/metric.ts";
import type { LoadBalancerRegistry } from "./registry.ts";
import type { Targets } from "./targets.ts";

const namespace = "AWS/ApplicationELB";
/** Latencies are counted in steps of this, so that a minute of many requests stays small. */
const latencyStep_ms = 1;

interface Counters {
  requests: number;
  readonly statuses: Map<string, number>;
  readonly latencies: Map<number, number>;
}

/** Counts requests as they are answered and publishes AWS/ApplicationELB once a minute. */
export class RequestMetrics {
  readonly #registry: LoadBalancerRegistry;
  readonly #targetGroups: ReadonlyMap<string, Targets>;
  readonly #sink: MetricSink;
  /** By load balancer and target group. */
  readonly #counters = new Map<string, Map<string, Counters>>();

  constructor(registry: LoadBalancerRegistry, targetGroups: ReadonlyMap<string, Targets>, sink: MetricSink) {
    this.#registry = registry;
    this.#targetGroups = targetGroups;
    this.#sink = sink;
  }

  record(outcome: RequestOutcome): void {
    const counters = this.#countersOf(outcome.loadBalancerArn, outcome.targetGroupArn);
    const byTarget = outcome.instanceId !== undefined;
    // RequestCount leaves out what was refused before a target was chosen.
    if (byTarget || outcome.status !== 503) counters.requests += 1;
    const status = `HTTPCode_${byTarget ? "Target" : "ELB"}_${Math.floor(outcome.status / 100)}XX_Count`;
    counters.statuses.set(status, (counters.statuses.get(status) ?? 0) + 1);
    if (!byTarget) return;
    const latency = Math.round(outcome.latency_ms / latencyStep_ms) * latencyStep_ms;
    counters.latencies.set(latency, (counters.latencies.get(latency) ?? 0) + 1);
  }

  publish(): void {
    for (const balancer of this.#registry.balancers) {
      const counted = this.#counters.get(balancer.arn) ?? new Map<string, Counters>();
      this.#counters.delete(balancer.arn);
      for (const [targetGroupArn, targets] of this.#targetGroups) {
        if (!this.#registry.balancersOf(targetGroupArn).includes(balancer.arn)) continue;
        const dimensions = { TargetGroup: targets.settings.suffix, LoadBalancer: balancer.suffix };
        this.#publishHosts(targets, dimensions);
        const counters = counted.get(targetGroupArn);
        if (counters === undefined) continue;
        this.#publishRequests(counters, dimensions);
        this.#publishRequests(counters, { LoadBalancer: balancer.suffix });
        const hosts = Math.max(1, targets.taking().length);
        const perTarget = { TargetGroup: targets.settings.suffix };
        this.#put("RequestCountPerTarget", perTarget, [counters.requests / hosts], [1], "Count");
      }
    }
  }

  #publishHosts(targets: Targets, dimensions: Readonly<Record<string, string>>): void {
    const states = targets.all();
    // Elastic Load Balancing reports both only while targets are registered.
    if (states.length === 0) return;
    const count = (state: string) => states.filter(({ health }) => health.state === state).length;
    this.#put("HealthyHostCount", dimensions, [count("healthy")], [1], "Count");
    this.#put("UnHealthyHostCount", dimensions, [count("unhealthy")], [1], "Count");
  }

  #publishRequests(counters: Counters, dimensions: Readonly<Record<string, string>>): void {
    if (counters.requests > 0) this.#put("RequestCount", dimensions, [1], [counters.requests], "Count");
    for (const [name, count] of counters.statuses) {
      // What the load balancer answers by itself belongs to no target group.
      const isOwnAnswer = name.startsWith("HTTPCode_ELB_");
      if (!isOwnAnswer || !("TargetGroup" in dimensions)) this.#put(name, dimensions, [1], [count], "Count");
    }
    const latencies = [...counters.latencies];
    if (latencies.length === 0) return;
    const seconds = latencies.map(([latency_ms]) => latency_ms / 1000);
    this.#put(
      "TargetResponseTime",
      dimensions,
      seconds,
      latencies.map(([, count]) => count),
      "Seconds",
    );
  }

  #put(
    name: string,
    dimensions: Readonly<Record<string, string>>,
    values: readonly number[],
    counts: readonly number[],
    unit: string,
  ): void {
    // The minute that just ended is the one that was measured.
    this.#sink.put({ namespace, name, dimensions }, { values, counts, unit }, this.#sink.now() - 60_000);
  }

  #countersOf(loadBalancerArn: string, targetGroupArn: string): Counters {
    const ofBalancer = this.#counters.get(loadBalancerArn) ?? new Map<string, Counters>();
    this.#counters.set(loadBalancerArn, ofBalancer);
    const counters = ofBalancer.get(targetGroupArn) ?? { requests: 0, statuses: new Map(), latencies: new Map() };
    ofBalancer.set(targetGroupArn, counters);
    return counters;
  }
}
