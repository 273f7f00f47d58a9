/** Messages between the demo and its generator process. Times are of the wall clock, in ms since the epoch. */
export type ToGenerator =
  | {
      readonly kind: "start";
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly connections: number;
    }
  | { readonly kind: "resize"; readonly connections: number }
  | { readonly kind: "stop" };

/** What a second of load was like. */
export interface GeneratorTick {
  readonly kind: "tick";
  readonly at_ms: number;
  readonly seconds: number;
  /** Answers of any status. */
  readonly responses: number;
  /** Answers with what was asked for: the load that was served. */
  readonly served: number;
  /** Of what was served. */
  readonly p50_ms: number | undefined;
  readonly p99_ms: number | undefined;
  readonly failures: readonly RequestFailure[];
  /** CPU time the generator used in this second, in percent of a core. */
  readonly cpu_percent: number;
  /** p99 of the event loop's delay since the start. */
  readonly delay_ms: number;
}

/** An answer that is not what was asked for, or none. */
export interface RequestFailure {
  readonly request: "GET /load" | "GET /" | "POST /users";
  readonly sent_ms: number;
  readonly done_ms: number;
  readonly reason: string;
}
