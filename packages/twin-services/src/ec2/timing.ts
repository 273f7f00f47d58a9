/**
 * How long EC2 takes, in cloud time. AWS promises none of these; they are what is commonly seen with small Linux
 * instances, rounded to the pessimistic side.
 */
export const timing = {
  /** RunInstances to `running`: placing the instance and attaching its disk. */
  pending_ms: 10_000,
  /** Start of the machine to its operating system answering: status checks turn `ok` one check later. */
  statusChecks_ms: 60_000,
  /** Least time from a request to `terminated` or `stopped` with an orderly shutdown. */
  shutdown_ms: 20_000,
  /** The same when the operating system's shutdown is skipped. */
  powerOff_ms: 5_000,
  /** A terminated instance stays visible for about an hour. */
  terminatedVisible_ms: 3_600_000,
} as const;
