/** Every number of the API that can be argued about, with its reason. */

/** From the table's columns: varchar(80) and varchar(120). */
export const USERNAME_LENGTH_MAX = 80;
export const EMAIL_LENGTH_MAX = 120;
/** Two short fields fit many times over. */
export const BODY_LIMIT_BYTES = 16 * 1024;
/** As long as the column; clients send UUIDs or the like. */
export const IDEMPOTENCY_KEY_LENGTH_MAX = 255;

export const PAGE_ROWS_DEFAULT = 100;
export const PAGE_ROWS_MAX = 1000;

/** A prime of 15 digits: some 5 million divisions, well under a second on one core. */
export const LOAD_NUMBER_DEFAULT = 112272535095293;

/** Longer than the load balancer's idle timeout of 60 s, so that it never reuses a connection we are just closing. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** For a request's headers, which fit into a few packets; counts from the connection's start or the request's first byte. */
const HEADERS_TIMEOUT_MS = 15_000;
/** For a request to arrive in full, from its first byte; frees what a stalled client holds. */
const REQUEST_TIMEOUT_MS = 30_000;
/** How late these two may be. Node's own 30 s would double them; a look costs microseconds. */
const TIMEOUT_CHECK_INTERVAL_MS = 1_000;
/**
 * What is read and thrown away of a body that was answered already, so that a client which writes first gets to the answer.
 * Two thousand times what is allowed: more was never meant for this service, and its connection is closed under the client.
 * The time for it is the request timeout, as for any body.
 */
const DISCARDED_BYTES_MAX = 32 * 1024 * 1024;
/** From the end of our side of a connection to the end of the client's: some round trips, and what it had sent until then. */
const LINGER_MS = 2_000;

export interface ConnectionLimits {
  readonly headersTimeout_ms: number;
  readonly requestTimeout_ms: number;
  readonly keepAliveTimeout_ms: number;
  /** How often the first two are looked at. */
  readonly checkInterval_ms: number;
  readonly discardedBytes_max: number;
  readonly linger_ms: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  headersTimeout_ms: HEADERS_TIMEOUT_MS,
  requestTimeout_ms: REQUEST_TIMEOUT_MS,
  keepAliveTimeout_ms: KEEP_ALIVE_TIMEOUT_MS,
  checkInterval_ms: TIMEOUT_CHECK_INTERVAL_MS,
  discardedBytes_max: DISCARDED_BYTES_MAX,
  linger_ms: LINGER_MS,
};

/** To connect, or to get a connection of a busy pool: a dead host answers nothing, so this is what a caller waits. */
export const CONNECT_TIMEOUT_MS = 2_000;
/** A connection that says nothing for this long is taken for dead. */
export const QUERY_TIMEOUT_MS = 5_000;
/** The server gives up before we do: then it is certain that the statement did nothing. */
export const STATEMENT_TIMEOUT_MS = 4_000;
/** Waiting for another instance's migration is longer than any statement of a request. */
export const MIGRATION_TIMEOUT_MS = 30_000;
export const TCP_KEEP_ALIVE_DELAY_MS = 5_000;
/** Enough to get over a restart in place; a failover takes longer, and callers shall know soon. */
export const RETRY_TIME_MS = 1_000;
export const RETRY_DELAY_MS_MIN = 50;
/** Two misses of the load balancer's patience are fine; more often than this only adds to an outage. */
export const READY_RETRY_DELAY_MS_MIN = 250;
export const READY_RETRY_DELAY_MS_MAX = 3_000;

/**
 * What a start waits for the database before it takes connections: longer than to fetch the secret, log in and migrate takes. A new
 * instance would otherwise be in service and refuse writes. No longer, so that an outage of the database keeps no instance from
 * being healthy: it would be replaced, and the next one no better.
 */
export const FIRST_REACH_MS = 5_000;

/** A secret is fetched again at most this often, however many logins are refused. */
export const SECRET_REFRESH_INTERVAL_MS = 5_000;
export const AWS_CONNECT_TIMEOUT_MS = 2_000;
export const AWS_REQUEST_TIMEOUT_MS = 5_000;
/** The shortest session STS gives: it is used for one call. */
export const ROLE_SESSION_SECONDS = 900;

/** A failover takes tens of seconds, a busy queue one or two: ask again soon, it is cheap. */
export const RETRY_AFTER_SECONDS = 2;

/** What is kept of the shutdown time: to answer 503 to calculations that will not end, then to cut what is left. */
export const DRAIN_ABORT_MARGIN_MS = 1_500;
export const DRAIN_CUT_MARGIN_MS = 500;
/** For requests that were on their way on open connections when the end began: many round trips. */
export const DRAIN_IDLE_MS = 1_000;
export const DRAIN_LOOK_INTERVAL_MS = 20;

/** From the quickest answer to the longest wait for a database that is away; alarms look at 100 ms and 1 s. */
export const DURATION_BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/** As the setting is named: a minute. */
export const RATE_LIMIT_WINDOW_MS = 60_000;

/** A token that was withdrawn is refused after this time at the latest. */
export const TOKENS_AGE_MS_MAX = 300_000;
/** Guessed tokens must not become calls to Secrets Manager, one each. */
export const TOKENS_FETCH_INTERVAL_MS = 10_000;

/** How often a process of several shows the primary that it is alive. */
export const BEAT_MS = 1_000;
/** Nothing in the service holds up an event loop for a second; a machine that is short of everything may, for some. */
export const BEATS_MISSED_MAX = 10;
/** Of a process that hangs no health check tells; so many beats without a word are enough to send nobody to it any more. */
export const BEATS_MISSED_UNWELL = 2;
/** A process that lived for less has a reason that will still be there: then the next one waits for a moment. */
export const STEADY_MS = 10_000;
export const RESTART_REST_MS = 1_000;
/** Beyond the shutdown time, in which a process ends itself. */
export const KILL_MARGIN_MS = 500;
/** For a process to report its metrics. */
export const METRICS_TIMEOUT_MS = 5_000;
