import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { InstanceRuntime } from "@cloudy/twin-model/instance-runtime.ts";
import type { InstanceTable } from "../ec2/instance-table.ts";
import type { MetricSink } from "./metric.ts";

const namespace = "AWS/EC2";
/** Without detailed monitoring EC2 publishes every five minutes. */
const basicPeriod_ms = 300_000;

interface Reading {
  readonly used_s: number;
  readonly wall_s: number;
  readonly at_ms: number;
}

interface Parts {
  readonly instances: InstanceTable;
  readonly clock: Clock;
  readonly metrics: MetricSink;
  readonly runtime: InstanceRuntime;
}

/** AWS/EC2 CPUUtilization: percent of what the instance may use, by instance and summed up by Auto Scaling group. */
export class InstanceMetrics {
  readonly #instances: InstanceTable;
  readonly #clock: Clock;
  readonly #sink: MetricSink;
  readonly #runtime: InstanceRuntime;
  readonly #last = new Map<string, Reading>();

  constructor({ instances, clock, metrics, runtime }: Parts) {
    this.#instances = instances;
    this.#clock = clock;
    this.#sink = metrics;
    this.#runtime = runtime;
  }

  /** Called at the end of every minute. */
  publish(): void {
    const now_ms = this.#clock.now();
    const running = this.#instances.all().filter((instance) => instance.state === "running");
    const alive = new Set(running.map((instance) => instance.id));
    for (const id of this.#last.keys()) if (!alive.has(id)) this.#last.delete(id);
    for (const instance of running) {
      const { used_s, wall_s, share } = this.#runtime.cpu(instance.id);
      const last = this.#last.get(instance.id);
      // A new instance, or one that was rebooted: its counters started at zero within the last minute.
      const isFresh = last === undefined || used_s < last.used_s || wall_s < last.wall_s;
      const before: Reading = isFresh ? { used_s: 0, wall_s: 0, at_ms: now_ms - 60_000 } : last;
      if (isFresh) this.#last.set(instance.id, before);
      if (!instance.detailedMonitoring && now_ms - before.at_ms < basicPeriod_ms - 1000) continue;
      this.#last.set(instance.id, { used_s, wall_s, at_ms: now_ms });
      const capacity_s = (wall_s - before.wall_s) * share;
      if (capacity_s <= 0) continue;
      const percent = Math.min(100, ((used_s - before.used_s) / capacity_s) * 100);
      const group = instance.tags["aws:autoscaling:groupName"];
      this.#put({ InstanceId: instance.id }, percent, before.at_ms);
      if (group !== undefined) this.#put({ AutoScalingGroupName: group }, percent, before.at_ms);
    }
  }

  #put(dimensions: Readonly<Record<string, string>>, percent: number, measuredFrom_ms: number): void {
    const metric = { namespace, name: "CPUUtilization", dimensions };
    this.#sink.put(metric, { values: [percent], counts: [1], unit: "Percent" }, measuredFrom_ms);
  }
}
