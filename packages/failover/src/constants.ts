// Every number of the function, with its reason. Times are nominal milliseconds.

/** Pause while something that takes seconds is under way (a termination, a start): what it costs is time without a writer. */
export const SOON_MS = 2_000;

/** Pause between two looks of a planned switchover, which is over in seconds. */
export const SWITCHOVER_PAUSE_MS = 500;

/** Pause between two looks for somebody who can be ordered to restore. */
export const RESTORE_PAUSE_MS = 2_000;

/** The schedule comes every minute: the last round begins early enough to end before the next invocation, and late enough to leave no gap. */
export const INVOCATION_MS_MAX = 58_000;

/**
 * No round starts with less of the Lambda's time left: when every call takes its limit, a round takes 28 s to look, what it does
 * and the farewell metric the rest. A function that is cut off loses what it remembers, and is invoked again besides.
 */
export const ROUND_RESERVE_MS = 55_000;

/**
 * An invocation by an event looks at least twice, for a fence needs two rounds that agree; and no more often than this, for
 * the scheduled one looks on, and many invocations at once only slow each other down.
 */
export const EVENT_ROUNDS_MIN = 2;
export const EVENT_ROUNDS_MAX = 4;

/**
 * An agent that has not answered by then is probably gone, and the others are asked about it while its own time still runs: both
 * together take no longer than the one. A healthy agent answers in milliseconds.
 */
export const OPINION_DELAY_MS = 500;

/** The probe function's limits of 3 s, a cold start and the way there and back. */
export const PROBE_INVOCATION_MS = 10_000;

/** One call to an AWS API with the SDK's retries in it; longer, and the next round is the better retry. */
export const AWS_REQUEST_TIMEOUT_MS = 6_000;

/**
 * Fences an hour. A lost host takes one; after three something is wrong that another machine does not cure, and a person must
 * look.
 */
export const FENCES_PER_HOUR_MAX = 3;
export const FENCE_MEMORY_MS = 3_600_000;

/**
 * Rounds in a row in which EC2 must not know a holder to be believed that it is no more, five minutes by default: as long as
 * AWS advises to wait for its API to become consistent about a new instance. EC2 forgets terminated ones after about an hour.
 */
export const GONE_ROUNDS_MIN = 100;
