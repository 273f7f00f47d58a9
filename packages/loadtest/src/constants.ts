/** Cloud time per wall time: a 60 s alarm period takes 6 s, and real processes still keep every timeout. */
export const SPEED_DEFAULT = 10;

// ---------------------------------------------------------------- load (wall time)

/**
 * A prime below the API's own default: some 8 ms of a whole core instead of 80, so that a second of load has enough
 * answers for a percentile. The calculation and the path are the same.
 */
export const LOAD_PATH = "/load?number=1000000000039";
/** A closed loop of six keeps both instances busy all the time (three each, one calculates, two wait), and three too. */
export const LOAD_CONNECTIONS = 6;
/** Far above what six waiting requests can take, below the load balancer's idle timeout. */
export const LOAD_TIMEOUT_S = 30;
/** The generator is stopped when the demo says so; this only ends one that was forgotten. */
export const LOAD_DURATION_MAX_S = 6 * 3600;
/** Ten writes a second: the first acknowledged write after a failover is known to 0.1 s of wall time. */
export const WRITE_INTERVAL_MS = 100;
/** Writes wait while the database is away; more than this at once would only tell the same again. */
export const WRITES_UNDER_WAY_MAX = 40;
/** `GET /` seven times a second: enough for a share of responses, too little to be load. */
export const HOSTNAME_INTERVAL_MS = 150;
export const HOSTNAME_UNDER_WAY_MAX = 20;
/** Longer than the API's own patience with its database, so that the API's answer is seen. */
export const REQUEST_TIMEOUT_MS = 15_000;
/** Pauses vary by this share around their mean, drawn from the seed, so that requests do not march in step. */
export const PAUSE_JITTER = 0.2;
/** Rows a page when the writes are read back: the API's greatest. */
export const READ_BACK_PAGE_ROWS = 1000;
/** Writes alone cannot fail this often; requests that fail at once in a closed loop can, and the verdict is clear then. */
export const FAILURES_KEPT_MAX = 20_000;

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
/** The twin records the program, bundles, runs initdb and boots five instances first. */
export const TWIN_START_TIMEOUT_MS = 300_000;
/** The twin stops its instances in order; after this it is killed. */
export const TWIN_STOP_TIMEOUT_MS = 30_000;
export const TWIN_LINES_KEPT = 40;
