// Every number of the commands, with its reason.

/** The function's own timeout (infra/failover/failover-function.ts), its cold start and the way there and back. */
export const INVOCATION_MS_MAX = 135_000;

/** How often the function's log is asked for news: well below FilterLogEvents' five requests a second. */
export const LOG_INTERVAL_MS = 500;

/** How often the database is looked at while it restores; each look is an invocation. */
export const LOOK_INTERVAL_MS = 2_000;

/** Looks that may fail or be blind in a row: a function that cannot see for a minute is worth a person's attention. */
export const FAILED_LOOKS_MAX = 30;

/** S3 answers this many manifests at a time; more at once only queue. */
export const MANIFESTS_AT_ONCE = 8;

/** How often a rolling group is looked at: three calls, which share their account's rate with everything else that asks. */
export const ROLL_LOOK_MS = 2_000;

/** A switchover that was refused is asked for again after this time; after one that worked, protection moves within seconds. */
export const SWITCHOVER_PAUSE_MS = 5_000;

/** Refused launches after which a version goes back. A single one may be a want of capacity that is over in a minute. */
export const LAUNCHES_MAX = 3;
