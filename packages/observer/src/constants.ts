/** Each kind of reading is due again after this much cloud time: alarms have periods of 60 s, so nothing is missed. */
export const POLL_INTERVAL_MS = 10_000;
/** A kind that somebody waits for (a phase of the demo) is due as soon as its turn comes. */
export const FOCUS_INTERVAL_MS = 1_000;
/** The layout of the network does not change by itself. */
export const NETWORK_INTERVAL_MS = 600_000;
/** Wall time between two calls. Two a second leave the twin its two cores and stay far below AWS's API limits. */
export const CALL_SPACING_MS = 500;
/** Wall time between two calls while nobody looks at the page. */
export const IDLE_CALL_SPACING_MS = 3_000;
/** Metrics and events appear late: each reading looks back this far (cloud time), duplicates are dropped. */
export const LOOK_BACK_MS = 300_000;
/** Log lines come many a minute and are never more than seconds late. */
export const LOG_LOOK_BACK_MS = 60_000;
/** A failover function repeats itself every few seconds: a line that is among its last ones is not told again. */
export const REPEATED_LINES = 8;
/** Cloud time: overlapping invocations see and say the same within one minute. */
export const REPEATED_MS = 60_000;
/** History kept while watching without end: two hours of cloud time fill a screen. */
export const HISTORY_MS = 7_200_000;
