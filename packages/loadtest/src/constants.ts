/** Cloud time per wall time: a 60 s alarm period takes 6 s, and real processes still keep every timeout. */
export const SPEED_DEFAULT = 10;

// ---------------------------------------------------------------- load (wall time)

/** Far above what six waiting requests can take, below the load balancer's idle timeout. */
export const LOAD_TIMEOUT_S = 30;
/** Seconds of load that tell what it is like now. */
export const RECENT_TICKS = 10;
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
/** How long a system that does not answer yet is asked before anything begins. */
export const KNOCK_DEADLINE_MS = 20_000;
export const KNOCK_INTERVAL_MS = 1_000;
/** Rows a page when the writes are read back: the API's greatest. */
export const READ_BACK_PAGE_ROWS = 1000;
/** Writes alone cannot fail this often; requests that fail at once in a closed loop can, and the verdict is clear then. */
export const FAILURES_KEPT_MAX = 20_000;

// ---------------------------------------------------------------- the twin (wall time)

/** The twin records the program, bundles, runs initdb and boots five instances first. */
export const TWIN_START_TIMEOUT_MS = 300_000;
/** The twin stops its instances in order; after this it is killed. */
export const TWIN_STOP_TIMEOUT_MS = 30_000;
export const TWIN_LINES_KEPT = 40;
