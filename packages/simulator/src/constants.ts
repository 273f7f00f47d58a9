// The world's own numbers, with their reason. Times are virtual milliseconds.

/** One way between a machine and EFS; a metadata operation on EFS takes a few milliseconds. */
export const EFS_ONE_WAY_MS = 1;

/** After the path is back, requests are sent again within the client's backoff. */
export const RETRANSMIT_MS_MAX = 5_000;

/** Data whose write back was interrupted waits for the kernel's flusher: dirty_expire_centisecs is 30 s. */
export const WRITE_BACK_MS_MAX = 30_000;

/** A doubled request may arrive this much later than the first. */
export const DUPLICATE_MS_MAX = 120_000;

/** flock(1) as a child process. */
export const FLOCK_MS = 5;

/** systemd's RestartSec of the agent's unit. */
export const AGENT_RESTART_MS = 1_000;

/** systemd's TimeoutStopSec of it. */
export const AGENT_STOP_MS = 90_000;

/** From EC2's launch or a reboot to the agent's first instruction: kernel, cloud-init, packages, mount. */
export const BOOT_MS = { min: 25_000, max: 90_000 } as const;
export const REBOOT_MS = { min: 15_000, max: 45_000 } as const;

/** Secrets Manager's answer to a new agent. */
export const SECRETS_MS = { min: 200, max: 2_000 } as const;

/** The agent's longest pause between two tries to read them. */
export const SECRETS_RETRY_MS = 15_000;

/** initdb on EFS: a thousand small files. */
export const INITDB_MS = { min: 2_000, max: 8_000 } as const;

/**
 * A start with crash recovery: at most `max_wal_size` (128 MB) of log. On a local disk and a whole core it took 1.2 to 1.9 s with
 * that much (docs/simulation.md); here EFS and a small instance make it up to three times as long.
 */
export const RECOVERY_MS = { min: 300, max: 6_000 } as const;

/** A start after a clean shutdown: nothing to replay. */
export const START_MS = { min: 200, max: 1_500 } as const;

/** A checkpoint while clients go on: at most what `max_wal_size` lets become dirty (about 100 MB), at 20 MB/s. */
export const CHECKPOINT_MS = { min: 100, max: 5_000 } as const;

/** A fast shutdown after that: what was written meanwhile, and the last WAL segment's way to S3 (seen: about a second). */
export const SHUTDOWN_MS = { min: 200, max: 2_000 } as const;

/** SIGQUIT: the postmaster's children end, then it does. */
export const IMMEDIATE_EXIT_MS = { min: 5, max: 200 } as const;

/** A backend notices that its postmaster is gone when it next waits; one in a long query does so much later. */
export const BACKEND_LINGER_MS = { min: 1, max: 120_000 } as const;

/** One call to EC2 and the start of a Lambda function, when all is well. */
export const EC2_CALL_MS = 40;
export const INVOKE_MS = 30;

/** A hop inside the VPC, with the answer. */
export const HOP_MS = 1;

/** The probe's limit of one connection (PROBE_TIMEOUT_SECONDS). */
export const PROBE_TIMEOUT_MS = 3_000;

/** Lambda's timeout of the failover function (FAILOVER_TIMEOUT_SECONDS in infra). */
export const LAMBDA_TIMEOUT_MS = 120_000;

/** The schedule's period, rate(1 minute). */
export const SCHEDULE_MS = 60_000;

/** EC2's time from `shutting-down` to `terminated`: 5-40 s as a rule, minutes when the host is in trouble. */
export const TERMINATION_MS = { usual: { min: 5_000, max: 40_000 }, slow: { min: 1_000, max: 300_000 } } as const;

/** A dead machine cannot touch the file system any more when EC2 calls it terminated: the last packet is this old. */
export const LAST_PACKET_MS = 100;

/** EC2's status checks run every minute, an instance is impaired after two failures. */
export const IMPAIRED_MS = { min: 60_000, max: 180_000 } as const;

/** Auto Scaling notices a lost instance and launches another one. */
export const REPLACE_MS = { min: 5_000, max: 60_000 } as const;

/** EC2 forgets a terminated instance after about an hour. */
export const FORGET_MS = 3_600_000;

/** Clients write this often while anything is going on. */
export const WRITE_EVERY_MS = 250;

/** A client gives an answer this long (query_timeout), then connects anew. */
export const WRITE_TIMEOUT_MS = 2_000;

/** Clients write from so long before a fault to so long after all is well again. */
export const WRITE_BEFORE_MS = 3_000;
export const WRITE_AFTER_MS = 10_000;

/** I3: after the last fault somebody boots (90 s), EC2 may take 5 min to terminate twice, and postgres recovers. */
export const LIVENESS_MS = 900_000;

/** I3: also a database that goes up and down without end has not come back; the bound above, once more for a second start. */
export const SETTLED_MS = 2 * LIVENESS_MS;

/** I4: a fence is preceded by so many reports of the probe, within this time, that missed what is fenced. */
export const MISSES_MIN = 2;
export const MISSES_WITHIN_MS = 60_000;

/** I4: more fences than this within an hour are a storm. */
export const FENCES_PER_HOUR_MAX = 6;

/**
 * I4: an instance that could have taken over this recently counts as healthy. What happens to it between the function's look
 * and its call to EC2, which may take so long with retries, nobody can know.
 */
export const HEALTHY_RECENTLY_MS = 30_000;

/** I5: two scheduled invocations may be needed when an event is lost: one ends, the next one looks and acts. */
export const ROUTE_MS_MAX = 130_000;
