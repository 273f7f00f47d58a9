/** Every number of the benchmark that can be argued about, with its reason. */

/**
 * Odd, so that a median is a round that took place. Many short ones rather than few long ones: the ratios of rounds of 0.2 s lay hardly
 * further apart than those of 0.7 s (standard deviation 0.05 to 0.08 against 0.05, on a machine with other work), and a median is
 * the surer the more rounds it is of.
 */
export const ROUNDS_DEFAULT = 13;
export const ROUNDS_MAX = 100;
/** Thousands of responses a window; with 23 windows a round the whole run takes about ten minutes. */
export const SECONDS_DEFAULT = 1;
export const SECONDS_MAX = 60;
/**
 * Before the first round, for each server in each row: a service runs for weeks, so what it costs while V8 still interprets
 * it is of no interest. Until then it costs half as much again; what is left after this time is within the spread. Four
 * measurements at most.
 */
export const HEAT_SECONDS_MAX = 6;
export const HEAT_WINDOWS_MAX = 4;
/** Before each window: connections are opened, code is compiled. At most half of the window. */
export const WARMUP_SECONDS_MAX = 0.5;

/** A window that gave no figure is tried again: what disturbed it has passed after two more, or stays. */
export const REPEATS_OF_WINDOW_MAX = 2;
/** Of one row in a whole run, so that one that fails now and again can't make it endless. */
export const REPEATS_OF_ROW_MAX = 6;

/** Keeps one core busy without a queue that only adds latency. */
export const CONNECTIONS_PLAIN = 64;
/** More than the pools' connections, so that these are never idle. */
export const CONNECTIONS_DATABASE = 32;
/** `/load` is CPU alone: a few waiting requests keep the cores busy. */
export const CONNECTIONS_LOAD = 8;
/** Several times the API's worker threads, yet within its queue of 64: saturated, and nothing is refused. */
export const CONNECTIONS_SATURATION = 8;
/** Pause between two requests for /healthz: a load balancer asks far less often. */
export const HEALTH_PAUSE_MS = 10;

/** node-postgres' default: all who talk to PostgreSQL have as many connections. */
export const POOL_CONNECTIONS = 10;
export const TABLE_ROWS = 10_000;
export const PAGE_ROWS = 100;
/**
 * What a write takes at least on a regional EFS (https://docs.aws.amazon.com/efs/latest/ug/performance.html), where the database
 * is to live. A local disk takes a small part of it.
 */
export const COMMIT_DELAY_EFS_US = 2_700;
/** The default of GET /load. */
export const LOAD_NUMBER = 112272535095293;

/** A generator this busy may be what held the server back... */
export const GENERATOR_BUSY_MIN = 0.95;
/** ...if less than this of the servers' cores was used. */
export const CORES_BUSY_MIN = 0.9;
/**
 * Above this share of the servers' cores used by other programs, and no time left, throughput tells more of these than of the
 * servers: then CPU time alone decides.
 */
export const DISTURBED_SHARE = 0.05;

/** Goals of the API: a service may cost this much on top of the work itself. */
export const GOAL_ROOT = 0.8;
export const GOAL_LIST = 0.85;
export const GOAL_ADD = 0.92;
export const GOAL_COMMIT = 0.8;
export const GOAL_LOAD = 0.95;
/** Rounds of the very same loop differ by as much: closer than this nobody is ahead, and nobody is behind. */
export const TIE_SHARE = 0.02;
export const GOAL_HEALTH_P99_MS = 30;
export const GOAL_HEALTH_OF_EXPRESS = 1 / 20;

/** For a server, a database or a window to come to its end on a machine that is busy with other things. */
export const PATIENCE_MS = 30_000;
/** For Python to make a venv, and for PyPI to give a dozen packages. */
export const REFERENCE_PATIENCE_MS = 120_000;
/** For a server that should be well to answer a question that costs nothing. */
export const ANSWER_PATIENCE_MS = 5_000;
/** How often a starting server is asked whether it is ready. */
export const READY_POLL_MS = 25;
