// Every number the agent is argued about for, with its reason. Times are nominal milliseconds.

/** How often the shared directory is looked at: a release is seen after one second at most. */
export const POLL_MS = 1_000;

/** EFS may stall for about 30 s in normal operation; only a longer silence counts as unreachable. */
export const FILE_SYSTEM_SILENCE_MS = 40_000;

/**
 * Before a fast shutdown a checkpoint is written while clients go on, or the shutdown would write it without them. What
 * `max_wal_size` lets become dirty, about 100 MB on a machine of any size, takes this long at 10 MB/s; a slower file system is not
 * waited for.
 */
export const CHECKPOINT_MS_MAX = 10_000;

/** A fast shutdown writes a checkpoint of at most `max_wal_size`; longer than this it hangs and recovery is the better end. */
export const FAST_SHUTDOWN_MS = 40_000;

/**
 * How long a shutdown lets the archiver go on: a segment takes about a second. Without this bound it waited for a silent bucket for as
 * long as three tries take.
 */
export const ARCHIVE_STOP_MS = 3_000;

/** How often an archive command looks whether there is a deadline by now. */
export const DEADLINE_LOOK_MS = 250;

/** The postmaster itself kills its children 5 s after SIGQUIT; then it is our turn. The unit's TimeoutStopSec is above the sum. */
export const IMMEDIATE_SHUTDOWN_MS = 8_000;

/**
 * Most processes of a postmaster that is gone end within milliseconds. A backend in a long query does not notice, and nothing may
 * start before it has ended; killed, it loses nothing that was committed.
 */
export const LEFTOVERS_MS = 1_000;

/** Restarts of a crashed postgres on the same machine before another machine is worth trying. */
export const CRASHES_MAX = 3;

/** A postgres that served this long has proved itself: earlier crashes are forgotten. */
export const STABLE_MS = 60_000;

/** Space goes slowly: a look this often is enough. */
export const DISK_LOOK_MS = 30_000;

/** How often PostgreSQL is asked for its archiver's counters and for the number of its sessions. */
export const ARCHIVER_LOOK_MS = 10_000;

/** After stepping down the instance leaves the next epoch to others for this long, then offers itself again. */
export const REST_MS = 30_000;

/**
 * Each epoch in a row in which postgres kept failing doubles the rest, up to this: with damaged data every instance fails, and would
 * make epochs for ever. Short enough that a restore still finds a holder within the minute for which it looks.
 */
export const REST_MS_MAX = 120_000;

/**
 * A holder that may not start postgres for want of its own secrets gives its epoch away after this time: several tries to read them
 * have failed by then, and whoever has them serves within seconds.
 */
export const UNFIT_MS_MAX = 15_000;

/**
 * To leave takes at most a checkpoint, a fast and an immediate shutdown and SIGKILL twice (see above), and a release. A holder that
 * has not released by then has processes that nothing on its machine can end.
 */
export const LEAVE_MS_MAX = CHECKPOINT_MS_MAX + FAST_SHUTDOWN_MS + 2 * IMMEDIATE_SHUTDOWN_MS + 14_000;

/**
 * SIGKILL ends a process at once, unless it waits for the file system, which is known to be silent after FILE_SYSTEM_SILENCE_MS: what is
 * alive for longer than that and was to be killed is held by its machine's kernel.
 */
export const STOP_MS_MAX = FILE_SYSTEM_SILENCE_MS + 5_000;

/**
 * A server process that answered before (if only that it recovers) and then says nothing for this long is hung: longer than the
 * file system may be silent, or a stall of EFS would pass for a hang of postgres.
 */
export const UNRESPONSIVE_MS = FILE_SYSTEM_SILENCE_MS + 5_000;

/**
 * A recovery in which nothing moves for this long, while the file system answers, is stuck. Its length says nothing: a slow one goes on
 * as long as it takes.
 */
export const STALLED_MS = 30_000;

/** A look at the shared directory takes milliseconds; one that takes this long says that a recovery cannot get on either. */
export const SILENT_LOOK_MS = 5_000;

/**
 * How often the agent opens a new session with its postgres: a session that is open goes on although the postmaster hangs and takes no
 * other. Between these it asks over the one it has.
 */
export const NEW_SESSION_MS = 5_000;

/** It answers within a second of its start; before that come initdb and whatever a slow file system makes of it. */
export const START_SILENCE_MS = 300_000;

/** One query of the agent's own session; above any stall that a healthy EFS shows for a cached page. */
export const QUERY_TIMEOUT_MS = 5_000;

/** Asking another agent, a hop inside the VPC: three times the first SYN retransmission would be too long for a probe. */
export const PEER_TIMEOUT_MS = 2_000;

/** A rotated password, and a renewed certificate, reach PostgreSQL at the latest after this time without a restart. */
export const SECRET_REFRESH_MS = 300_000;

/** After a message that was signed by another key the secrets are read anew, at most this often. */
export const WRONG_MAC_MS = 10_000;

/** A month to renew a certificate in, when the renewal of a year before its end was missed. */
export const CERTIFICATE_WARNING_MS = 30 * 24 * 3_600_000;

/** Retries of IMDS and Secrets Manager while the instance boots. */
export const RETRY_MIN_MS = 500;
export const RETRY_MAX_MS = 15_000;

/** One call to IMDS or Secrets Manager. */
export const REQUEST_TIMEOUT_MS = 5_000;

/** Grants and orders are some 200 bytes; more is neither. */
export const BODY_BYTES_MAX = 4_096;

/** `sun_path` holds 108 bytes on Linux (104 on macOS) with its end mark. */
export const SOCKET_PATH_BYTES_MAX = 103;

/** Iterations PostgreSQL itself uses for SCRAM-SHA-256 (`scram_iterations`). */
export const SCRAM_ITERATIONS = 4_096;
