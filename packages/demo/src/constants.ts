// ---------------------------------------------------------------- load

/**
 * A prime below the API's own default: some 8 ms of a whole core instead of 80, so that a second of load has enough
 * answers for a percentile. The calculation and the path are the same.
 */
export const LOAD_PATH = "/load?number=1000000000039";
/**
 * A prime near the greatest number that the API takes, some 0.7 s of a whole core: where the API limits its clients, each
 * request has to do more.
 */
export const HEAVY_LOAD_PATH = "/load?number=9007199254740881";
/** Where the group can grow by one only, three for each instance keep it busy all the time (one calculates, two wait), and one more too. */
export const CONNECTIONS_AN_INSTANCE = 3;
/** Far more than any group that the demo can fill by itself needs; a step further is a matter of several machines. */
export const CONNECTIONS_MAX = 1000;
/** The aim is above the threshold by this share of what is left up to 100 %. */
export const CPU_MARGIN_SHARE = 0.15;
/** Less above the threshold than this may be below it in the next minute. */
export const ENOUGH_MARGIN_PERCENT = 2;
/** A step multiplies the connections at least and at most so much: a little is seen, and the first minute is no more than a guess. */
export const STEP_FACTOR_MIN = 1.2;
/** After a step that brought nothing the next one has to be clear. */
export const STEP_FACTOR_FLAT = 1.5;
export const STEP_FACTOR_MAX = 6;
/** Further above the aim than this, a group that can grow by many would grow by many. */
export const OVERSHOOT_FACTOR = 1.2;
/** A step that raises neither CPU nor answers by five percent raises nothing. */
export const RISE_LEAST = 1.05;
/** What is shown under load takes less. */
export const LOADED_S = 600;
/** Of the load of the last seconds: from here on it is refused rather than served. */
export const LOAD_REFUSED_SHARE = 0.5;
export const LOAD_REFUSED_LEAST = 10;
/** Seconds after which a rate of few requests can be told. */
export const RATE_S_LEAST = 8;
/** What is left of the API's limit for one client is not used: the balancer does not spread requests to the last one. */
export const LIMIT_SHARE = 0.8;
/** With fewer requests a second than this, neither a failover nor load can be told from a pause. */
export const REQUESTS_PER_SECOND_LEAST = 0.5;

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
/** CloudWatch shows a minute one or two later; with quiet instances it takes its time. */
export const METRIC_DELAY_S = 120;
export const QUIET_DELAY_S = 240;
/** What a stack may declare and could not be read: the values of Pulumi.dev.yaml, and AWS's own of target tracking. */
export const OUR_ALARM = { threshold: 60, period_s: 60, periods: 2 } as const;
export const TRACKING_ALARMS = {
  high: { threshold: 50, period_s: 60, periods: 3 },
  low: { threshold: 45, period_s: 60, periods: 15 },
} as const;
export const GOAL_PERCENT_DEFAULT = 60;
export const BOOT_S_DEFAULT = 600;
export const HEALTHY_S_DEFAULT = 150;
export const COOLDOWN_S_DEFAULT = 60;
export const DEREGISTRATION_S_DEFAULT = 20;
/** Of an instance that leaves the group. */
export const SHUTDOWN_S = 100;
/** Time under load with all instances, to see their shares. */
export const SPREAD_MS = 60_000;
export const SPREAD_DEADLINE_MS = 300_000;
/** Detection within a minute at the worst, EC2's termination, and the route. */
export const FAILOVER_DEADLINE_MS = 480_000;
/** Recovery of PostgreSQL and reconnection of the API. */
export const RECOVERY_DEADLINE_MS = 300_000;
/** After the first acknowledged write: the last pooled connection to the dead host is found out within this. */
export const SETTLE_MS = 60_000;
export const READ_BACK_DEADLINE_MS = 1_200_000;

/** What the reference system promises nowhere and this one keeps: service for writes within five minutes. */
export const FAILOVER_PROMISE_S = 300;

// ---------------------------------------------------------------- the demo itself (wall time)

export const LOOP_INTERVAL_MS = 250;
export const SAMPLE_INTERVAL_MS = 1_000;
/** A plain line about the state, when the output is no terminal. */
export const STATUS_LINE_INTERVAL_MS = 10_000;
