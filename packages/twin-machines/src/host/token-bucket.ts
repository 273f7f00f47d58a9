/** What an idle instance may use at once: a health check or a small request is answered without waiting. */
export const BURST_MS = 50;
/** No more is paid back than a health check can wait for: 1 s at a quarter of a core. More piles up only by a late look. */
const DEBT_MAX_MS = 250;

/** CPU time that an instance may use; it earns its share of the time that passes. */
export interface TokenBucket {
  /** CPU time saved up; below zero it is owed. */
  readonly credit_ms: number;
  readonly isStopped: boolean;
}

/** The next state after `elapsed_ms`, in which `used_ms` of CPU time were used. It stops in debt and goes on without. */
export function advance(bucket: TokenBucket, share: number, elapsed_ms: number, used_ms: number): TokenBucket {
  // A launch credit beyond the burst is spent, not earned.
  const limit_ms = Math.max(BURST_MS, bucket.credit_ms);
  const earned_ms = Math.min(limit_ms, bucket.credit_ms + elapsed_ms * share);
  const credit_ms = Math.max(earned_ms - used_ms, -DEBT_MAX_MS);
  return { credit_ms, isStopped: credit_ms < 0 };
}

/** Least time between two looks at an instance that runs: at a quarter of a core, 5 ms of work make 15 ms of pause. */
const LOOK_MS_MIN = 5;
/** Most time between two looks: what starts to work now has used up less than the burst by then. */
const LOOK_MS_MAX = 20;

/** When to look again: when a stopped instance may go on, or when its busy threads could have used up the credit. */
export function nextLook_ms({ credit_ms, isStopped }: TokenBucket, share: number, busyThreads: number): number {
  if (isStopped) return -credit_ms / share;
  // None was busy while it was stopped, but one is going to be.
  return Math.min(Math.max(credit_ms / Math.max(busyThreads, 1), LOOK_MS_MIN), LOOK_MS_MAX);
}

/** Time in which an instance's one processor was busy, as the instance itself sees it. */
export interface BusyTime {
  readonly busy_ms: number;
  /** Work that was done faster than the share allows and still has to be shown. */
  readonly ahead_ms: number;
}

/**
 * The next state after `elapsed_ms`. A burst is work ahead and shows as the time it would have taken at the share; what ran
 * on launch credit was full speed, and would show for a minute after the boot if all of it were carried over.
 */
export function showBusy(time: BusyTime, share: number, elapsed_ms: number, used_ms: number): BusyTime {
  const due_ms = time.ahead_ms + used_ms / share;
  const shown_ms = Math.min(due_ms, elapsed_ms);
  return { busy_ms: time.busy_ms + shown_ms, ahead_ms: Math.min(due_ms - shown_ms, BURST_MS / share) };
}
