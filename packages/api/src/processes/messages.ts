import type { PrimeResult } from "../load/prime-worker.ts";

/** What a process that answers requests tells the primary. */
export type FromWorker =
  /** Once a second: its event loop turns. */
  | { readonly kind: "alive"; readonly connections: number }
  | { readonly kind: "ready" }
  /** It has reached the database for the first time. */
  | { readonly kind: "database-reached" }
  /** A signal asked it to end. */
  | { readonly kind: "signalled" }
  | { readonly kind: "calculate"; readonly id: number; readonly number: number }
  /** The client has gone. */
  | { readonly kind: "cancel"; readonly id: number }
  /** One request more of this client. */
  | { readonly kind: "count"; readonly id: number; readonly client: string }
  | { readonly kind: "metrics"; readonly id: number; readonly metrics: readonly object[] };

/** What the primary tells a process that answers requests. */
export type FromPrimary =
  /** Comes with a socket. */
  | { readonly kind: "connection" }
  | { readonly kind: "drain" }
  | { readonly kind: "calculated"; readonly id: number; readonly result: PrimeResult }
  | { readonly kind: "refused"; readonly id: number; readonly why: Refusal; readonly message: string }
  | { readonly kind: "counted"; readonly id: number; readonly count: RequestCount }
  | { readonly kind: "report-metrics"; readonly id: number };

/** Why a calculation was not done. */
export type Refusal = "queue-full" | "pool-closed" | "failed";

/** Requests of one client in the minute that it is in. */
export interface RequestCount {
  readonly current: number;
  /** Milliseconds until that minute is over. */
  readonly ttl: number;
}
