/** Metrics that processes of this stack put, by name: who watches one must not misspell it. */

/** By the failover function, with the dimension `Stack`. */
export const FAILOVER_METRICS = [
  "OnlineDatabases",
  "RouteChanges",
  "Fences",
  "BlindRounds",
  "TimeWithoutWriter",
  "ReadyStandbys",
  "FenceLimitReached",
  "BackupAge",
  "WalAge",
  "CertificateDays",
] as const;

export type FailoverMetric = (typeof FAILOVER_METRICS)[number];

/** By the monitoring script, with the dimension `Instance`. */
export const HOST_METRICS = [
  "cpu-usage-percent",
  "free-memory-mb",
  "io-wait",
  "memory-used-percent",
  "disk-used-percent",
] as const;

export type HostMetric = (typeof HOST_METRICS)[number];

/** Those that are put with the dimension `Stack` as well. */
export const STACK_HOST_METRICS = ["disk-used-percent"] as const satisfies readonly HostMetric[];
