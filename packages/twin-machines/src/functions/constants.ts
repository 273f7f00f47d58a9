/** A warm process without work ends after this much cloud time; Lambda keeps sandboxes for minutes. */
export const IDLE_EXPIRY_MS = 10 * 60_000;
/** Credentials are renewed with a new process when this little of their cloud time is left. */
export const CREDENTIALS_MARGIN_MS = 5 * 60_000;
/** Lambda gives the initialization 10 s before the invocation's own timeout counts; wall time, since the work is real. */
export const INIT_TIMEOUT_MS = 10_000;
/** How long the end of an invocation's output is waited for; it is in the pipe already, wall time. */
export const OUTPUT_WAIT_MS = 1_000;
/** Output lines kept of one invocation. */
export const LOG_LINES_MAX = 10_000;
