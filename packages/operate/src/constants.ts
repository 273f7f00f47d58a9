// Every number of the commands, with its reason.

/** What a shell shows for a process ended by SIGINT. */
export const EXIT_INTERRUPTED = 130;

/** The function's own timeout (infra/failover-function.ts), its cold start and the way there and back. */
export const INVOCATION_MS_MAX = 90_000;

/** How often the function's log is asked for news: well below FilterLogEvents' five requests a second. */
export const LOG_INTERVAL_MS = 500;
