// All times are of the wall clock.

/** How often the processes are looked at; two writers at once for longer than this are found. */
export const LOOK_INTERVAL_MS = 40;

/** Something that was waited for is looked at this often. */
export const WAIT_INTERVAL_MS = 50;

/** Detection, EC2's termination, a start and recovery at the speed of the demo take 5 to 15 s on a busy machine. */
export const HEALS_MS = 90_000;

/** A replaced instance boots, installs and becomes a standby. */
export const STANDBY_MS = 120_000;

/** A fault that must change nothing is held this long: several rounds of the failover function. */
export const HARMLESS_MS = 3_000;

/** Below the agent's limit for a silent file system, 40 s, which the twin shortens to a fourth. */
export const STALL_MS = 4_000;

/** A frozen instance is stopped again this often: the twin's CPU shares are held by the same signals. */
export const FREEZE_INTERVAL_MS = 10;

/** The last writes before a fault have been answered or are lost by then. */
export const SETTLE_MS = 500;

/**
 * Then a new twin is started: the failover function ends no more than three machines an hour (packages/failover/README.md),
 * at the speed of the demo that is six minutes, and several experiments end in a fence.
 */
export const EXPERIMENTS_PER_TWIN = 7;
