// ---------------------------------------------------------------- load

/**
 * A prime below the API's own default: some 8 ms of a whole core instead of 80, so that a second of load has enough
 * answers for a percentile. The calculation and the path are the same.
 */
export const LOAD_PATH = "/load?number=1000000000039";
/** A closed loop of six keeps both instances busy all the time (three each, one calculates, two wait), and three too. */
export const LOAD_CONNECTIONS = 6;

/** The first ones tell what was wrong; more would hide the verdict. */
export const FAILURES_TOLD_MAX = 5;
/** Above this the generator's own waiting would show in its latencies. */
export const GENERATOR_CPU_PERCENT_MAX = 80;
export const GENERATOR_DELAY_MS_MAX = 100;

// ---------------------------------------------------------------- phases (cloud time)

/** One alarm period without load, as a picture to compare with. */
export const BASELINE_MS = 60_000;
/** Everything must answer by then; the stack is up before the demo starts. */
export const BASELINE_DEADLINE_MS = 600_000;
/** Two periods of 60 s, one that load covers in part, and CloudWatch's delay, doubled. */
export const HIGH_ALARM_DEADLINE_MS = 480_000;
/** Launch, boot, and five health checks 30 s apart, doubled. */
export const SCALE_OUT_DEADLINE_MS = 900_000;
/** Time under load with all instances, to see their shares. */
export const SPREAD_MS = 60_000;
export const SPREAD_DEADLINE_MS = 300_000;
/** Detection within a minute at the worst, EC2's termination, and the route. */
export const FAILOVER_DEADLINE_MS = 480_000;
/** Recovery of PostgreSQL and reconnection of the API. */
export const RECOVERY_DEADLINE_MS = 300_000;
/** After the first acknowledged write: the last pooled connection to the dead host is found out within this. */
export const SETTLE_MS = 60_000;
/** Two periods below the threshold, one that load covers in part, doubled. */
export const LOW_ALARM_DEADLINE_MS = 600_000;
/** Cooldown, a further evaluation, deregistration delay and shutdown, doubled. */
export const SCALE_IN_DEADLINE_MS = 600_000;
export const READ_BACK_DEADLINE_MS = 1_200_000;

/** What the reference system promises nowhere and this one keeps: service for writes within five minutes. */
export const FAILOVER_PROMISE_S = 300;

// ---------------------------------------------------------------- the demo itself (wall time)

export const LOOP_INTERVAL_MS = 250;
export const SAMPLE_INTERVAL_MS = 1_000;
/** A plain line about the state, when the output is no terminal. */
export const STATUS_LINE_INTERVAL_MS = 10_000;
