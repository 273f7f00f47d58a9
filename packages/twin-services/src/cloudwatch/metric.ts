export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Samples that arrived together: one value, or several with how often each occurred. */
export interface Samples {
  readonly values: readonly number[];
  readonly counts: readonly number[];
  readonly unit?: string | undefined;
}

/** Where services publish their metrics. */
export interface MetricSink {
  /** `at_ms`: the time that was measured, not the time of publishing. */
  put(metric: MetricId, samples: Samples, at_ms: number): void;
  now(): number;
}
