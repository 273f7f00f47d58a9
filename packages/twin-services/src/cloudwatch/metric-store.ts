import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { MetricId, MetricSink, Samples } from "./metric.ts";

const minute_ms = 60_000;
/** CloudWatch keeps 1-minute data points for 15 days. */
const retention_ms = 15 * 24 * 3_600_000;

/** All samples of one minute. */
interface Minute {
  sum: number;
  count: number;
  minimum: number;
  maximum: number;
  /** Value -> how often, for percentiles. */
  readonly values: Map<number, number>;
}

interface Series {
  readonly metric: MetricId;
  readonly unit: string;
  readonly minutes: Map<number, Minute>;
}

export interface Datapoint {
  readonly at_ms: number;
  readonly value: number;
}

/** What CloudWatch was told, aggregated by the minute. */
export class MetricStore implements MetricSink {
  readonly #clock: Pick<Clock, "now">;
  readonly #series = new Map<string, Series>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  put(metric: MetricId, samples: Samples, at_ms: number): void {
    const key = seriesKey(metric);
    const series = this.#series.get(key) ?? { metric, unit: samples.unit ?? "None", minutes: new Map() };
    this.#series.set(key, series);
    const start_ms = Math.floor(at_ms / minute_ms) * minute_ms;
    const minute = series.minutes.get(start_ms) ?? emptyMinute();
    if (!series.minutes.has(start_ms)) {
      series.minutes.set(start_ms, minute);
      forgetOldest(series.minutes, this.now() - retention_ms);
    }
    for (const [index, value] of samples.values.entries()) {
      const count = samples.counts[index] ?? 1;
      minute.sum += value * count;
      minute.count += count;
      minute.minimum = Math.min(minute.minimum, value);
      minute.maximum = Math.max(minute.maximum, value);
      minute.values.set(value, (minute.values.get(value) ?? 0) + count);
    }
  }

  /** What a client summed up itself; percentiles see its mean only. */
  putStatistics(
    metric: MetricId,
    set: { readonly sum: number; readonly count: number; readonly minimum: number; readonly maximum: number },
    unit: string | undefined,
    at_ms: number,
  ): void {
    if (set.count <= 0) return;
    this.put(metric, { values: [set.sum / set.count], counts: [set.count], unit }, at_ms);
    const minute = this.#series.get(seriesKey(metric))?.minutes.get(Math.floor(at_ms / minute_ms) * minute_ms);
    if (minute === undefined) return;
    minute.minimum = Math.min(minute.minimum, set.minimum);
    minute.maximum = Math.max(minute.maximum, set.maximum);
  }

  metrics(): readonly MetricId[] {
    return [...this.#series.values()].map((series) => series.metric);
  }

  unit(metric: MetricId): string {
    return this.#series.get(seriesKey(metric))?.unit ?? "None";
  }

  /** Statistic of the period that starts at `start_ms`; nothing when no sample fell into it. */
  statistic(metric: MetricId, statistic: string, start_ms: number, period_s: number): number | undefined {
    const series = this.#series.get(seriesKey(metric));
    if (series === undefined) return undefined;
    const minutes: Minute[] = [];
    const first_ms = Math.floor(start_ms / minute_ms) * minute_ms;
    for (let at_ms = first_ms; at_ms < start_ms + period_s * 1000; at_ms += minute_ms) {
      const minute = series.minutes.get(at_ms);
      if (minute !== undefined) minutes.push(minute);
    }
    return minutes.length === 0 ? undefined : compute(statistic, minutes);
  }

  /** Data points of [start, end), oldest first, on multiples of the period. */
  datapoints(metric: MetricId, statistic: string, start_ms: number, end_ms: number, period_s: number): Datapoint[] {
    const period_ms = period_s * 1000;
    const found: Datapoint[] = [];
    for (let at_ms = Math.floor(start_ms / period_ms) * period_ms; at_ms < end_ms; at_ms += period_ms) {
      const value = this.statistic(metric, statistic, at_ms, period_s);
      if (value !== undefined) found.push({ at_ms, value });
    }
    return found;
  }
}

/** Statistics that the store knows: the five plain ones and percentiles `p50` .. `p99.9`. */
export function isStatistic(name: string): boolean {
  return ["Average", "Sum", "Minimum", "Maximum", "SampleCount"].includes(name) || /^p\d{1,2}(\.\d+)?$/.test(name);
}

function compute(statistic: string, minutes: readonly Minute[]): number {
  const sum = minutes.reduce((total, minute) => total + minute.sum, 0);
  const count = minutes.reduce((total, minute) => total + minute.count, 0);
  switch (statistic) {
    case "Sum":
      return sum;
    case "SampleCount":
      return count;
    case "Minimum":
      return Math.min(...minutes.map((minute) => minute.minimum));
    case "Maximum":
      return Math.max(...minutes.map((minute) => minute.maximum));
    case "Average":
      return sum / count;
    default:
      return percentile(minutes, Number(statistic.slice(1)) / 100, count);
  }
}

function percentile(minutes: readonly Minute[], fraction: number, count: number): number {
  const values = minutes.flatMap((minute) => [...minute.values]).sort(([a], [b]) => a - b);
  const rank = fraction * count;
  let seen = 0;
  for (const [value, times] of values) {
    seen += times;
    if (seen >= rank) return value;
  }
  return values.at(-1)?.[0] ?? 0;
}

function emptyMinute(): Minute {
  return {
    sum: 0,
    count: 0,
    minimum: Number.POSITIVE_INFINITY,
    maximum: Number.NEGATIVE_INFINITY,
    values: new Map(),
  };
}

/** Map keeps insertion order, so the oldest minutes come first. */
function forgetOldest(minutes: Map<number, Minute>, before_ms: number): void {
  for (const start_ms of minutes.keys()) {
    if (start_ms >= before_ms) return;
    minutes.delete(start_ms);
  }
}

function seriesKey(metric: MetricId): string {
  const dimensions = Object.entries(metric.dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([metric.namespace, metric.name, dimensions]);
}
