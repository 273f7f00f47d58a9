/** Messages between the benchmark and the processes that drive load. */

export type Task =
  | {
      readonly kind: "requests";
      readonly url: string;
      readonly connections: number;
      /** Given: POST distinct users whose names begin with this. */
      readonly newUsers: string | undefined;
      readonly expectedStatus: number;
      /** Asked once in a while on a connection of its own while the load is on. */
      readonly healthUrl: string | undefined;
    }
  | {
      readonly kind: "statements";
      readonly databaseUrl: string;
      readonly concurrency: number;
      /** Given: add distinct users whose names begin with this; else list. */
      readonly newUsers: string | undefined;
    }
  | { readonly kind: "primes"; readonly number: number };

/** Whose CPU time is part of what is measured. */
export interface Watched {
  readonly pids: readonly number[];
  /** Processes that are watched with all their children: PostgreSQL has one for each connection. */
  readonly families: readonly number[];
  /** Those that they are pinned to. */
  readonly cores: readonly number[];
}

export interface Order {
  readonly kind: "order";
  readonly task: Task;
  readonly warmup_ms: number;
  readonly window_ms: number;
  readonly watched: Watched;
}

/** What a window was like for the processors; undefined where the system does not tell. */
export interface WindowCost {
  readonly seconds: number;
  /** What the cores of those who are watched had to give. */
  readonly cores_s: number;
  /** CPU time of those who are watched. */
  readonly cpu_s: number | undefined;
  /** CPU time that others used of their cores. */
  readonly others_s: number | undefined;
  /** CPU time of the process that drives the load, and the time it waited for a core. */
  readonly driver_cpu_s: number;
  readonly driver_waited_s: number | undefined;
}

export interface Sample {
  readonly cost: WindowCost;
  /** Responses, statements or calculations that ended in the window. */
  readonly completed: number;
  readonly perSecond: number;
  /** Warm-up included. */
  readonly doneInAll: number;
  /** What ended in another way, by what it was: `status 503`, `connect ECONNREFUSED`. */
  readonly unexpected: Readonly<Record<string, number>>;
  readonly latency: { readonly p50_ms: number; readonly p99_ms: number } | undefined;
  readonly health_ms: readonly number[];
}

export type Answer =
  | { readonly kind: "sample"; readonly sample: Sample }
  | { readonly kind: "failed"; readonly message: string };
