import { ProcessGroup } from "./process-group.ts";
import { Procfs } from "./procfs.ts";
import { advance, BURST_MS, type BusyTime, nextLook_ms, showBusy, type TokenBucket } from "./token-bucket.ts";

/** Two looks of host-metrics are at least 0.1 s apart at ten times the speed, and must differ. */
const STAT_INTERVAL_MS = 100;
const MEMORY_INTERVAL_MS = 1000;
const NO_USE = { used_ms: 0, busyThreads: 0 };

export interface InstanceLimits {
  /** Cores of this machine that stand for all vCPUs. */
  readonly share: number;
  /** No thread gets more than one of them gives. */
  readonly vcpus: number;
  readonly memory_mb: number;
  /** CPU time that it may use at full speed before its share counts. */
  readonly launchCredit_s: number;
  /** Gets its own `stat` and `meminfo`. */
  readonly procDir: string;
}

/** One instance's share and account. Times are of `performance.now()`. */
export class GovernedInstance {
  readonly group = new ProcessGroup();
  readonly #share: number;
  /** Cores that one vCPU stands for. */
  readonly #vcpuShare: number;
  readonly #procfs: Procfs;
  readonly #start_ms: number;
  #bucket: TokenBucket;
  #busy: BusyTime = { busy_ms: 0, ahead_ms: 0 };
  #used_ms = 0;
  #looked_ms: number;
  #nextLook_ms: number;
  #nextStat_ms: number;
  #nextMemory_ms: number;

  constructor({ share, vcpus, memory_mb, launchCredit_s, procDir }: InstanceLimits, now_ms: number) {
    this.#share = share;
    this.#vcpuShare = share / vcpus;
    this.#procfs = new Procfs(procDir, vcpus, memory_mb);
    this.#bucket = { credit_ms: launchCredit_s * 1000, isStopped: false };
    this.#start_ms = now_ms;
    this.#looked_ms = now_ms;
    this.#nextLook_ms = now_ms;
    this.#nextStat_ms = now_ms;
    this.#nextMemory_ms = now_ms;
  }

  get used_s(): number {
    return this.#used_ms / 1000;
  }

  /** Does what is due and tells when to come again. */
  look(now_ms: number): number {
    if (now_ms >= this.#nextLook_ms) this.#nextLook_ms = now_ms + this.#settle(now_ms);
    if (now_ms >= this.#nextStat_ms) {
      this.#nextStat_ms = now_ms + STAT_INTERVAL_MS;
      this.#procfs.writeStat(this.#busy.busy_ms / 1000, (now_ms - this.#start_ms) / 1000);
    }
    if (now_ms >= this.#nextMemory_ms) {
      this.#nextMemory_ms = now_ms + MEMORY_INTERVAL_MS;
      this.#procfs.writeMemory(this.group.memory());
    }
    return Math.min(this.#nextLook_ms, this.#nextStat_ms, this.#nextMemory_ms);
  }

  #settle(now_ms: number): number {
    // Who is stopped uses nothing; what was used until the signal arrived is taken with the next look.
    const { used_ms, busyThreads } = this.#bucket.isStopped ? NO_USE : this.group.takeUse();
    this.#used_ms += used_ms;
    const elapsed_ms = now_ms - this.#looked_ms;
    this.#bucket = advance(this.#bucket, this.#share, elapsed_ms, used_ms);
    this.#busy = showBusy(this.#busy, this.#share, elapsed_ms, used_ms);
    this.#looked_ms = now_ms;
    const threads_ms = this.#holdThreads(elapsed_ms);
    this.group.setStopped(this.#bucket.isStopped);
    return Math.min(nextLook_ms(this.#bucket, this.#share, busyThreads), threads_ms);
  }

  /** With one vCPU all threads share its bucket anyway, and launch credit is there to be used at full speed. */
  #holdThreads(elapsed_ms: number): number {
    if (this.#vcpuShare === this.#share) return Number.POSITIVE_INFINITY;
    if (this.#bucket.credit_ms <= BURST_MS) return this.group.holdThreads(this.#vcpuShare, elapsed_ms);
    this.group.forgiveThreads();
    return Number.POSITIVE_INFINITY;
  }

  release(): void {
    this.group.release();
    this.#procfs.close();
  }
}
