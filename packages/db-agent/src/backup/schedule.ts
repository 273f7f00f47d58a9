import type { BackupStatus } from "@cloudy/contracts/agent-status.ts";
import { runChild } from "../child.ts";
import { messageOf } from "../errors.ts";
import { log } from "../log.ts";
import { monotonic_ms } from "../monotonic.ts";
import type { Settings } from "../settings.ts";
import type { BackupReport, BackupTask } from "./base-backup.ts";
import { BACKUP_RETRY_MS, FIRST_SETTLE_MS, SETTLE_MS } from "./constants.ts";

/** While this instance serves, a process looks now and then whether a base backup is due, and makes it. */
export class BackupSchedule {
  readonly #settings: Settings;
  readonly #entry: string;
  readonly #socketDirectory: string;
  #running: AbortController | undefined;
  #next_at_ms = 0;
  #serving_since_ms: number | undefined;
  #servingSince: string | undefined;
  #lastBase: BackupReport["last"];
  #failures = 0;
  #failure: string | undefined;

  constructor(settings: Settings, entry: string, socketDirectory: string) {
    this.#settings = settings;
    this.#entry = entry;
    this.#socketDirectory = socketDirectory;
  }

  /** `epoch`: of the accepting postgres of this machine, `undefined` without one. */
  tick(epoch: number | undefined): void {
    const { bucket } = this.#settings.backup;
    if (bucket === undefined) return;
    if (epoch === undefined) {
      // Another instance may have made backups before this one serves again.
      this.#serving_since_ms = undefined;
      this.#servingSince = undefined;
      this.#next_at_ms = 0;
      this.#running?.abort();
      return;
    }
    this.#serving_since_ms ??= monotonic_ms();
    this.#servingSince ??= new Date().toISOString();
    const settled_at_ms = this.#serving_since_ms + (epoch === 1 ? FIRST_SETTLE_MS : SETTLE_MS);
    if (this.#running === undefined && monotonic_ms() >= Math.max(settled_at_ms, this.#next_at_ms))
      void this.#run(epoch);
  }

  stop(): void {
    this.#running?.abort();
  }

  status(): BackupStatus | null {
    if (this.#settings.backup.bucket === undefined) return null;
    return {
      lastBase: this.#lastBase ?? null,
      servingSince: this.#servingSince ?? null,
      running: this.#running !== undefined,
      failures: this.#failures,
      failure: this.#failure ?? null,
    };
  }

  async #run(epoch: number): Promise<void> {
    const { sharedDir, stateDir, postgresPort: port, backup } = this.#settings;
    const { hours, retentionDays } = backup;
    const task: BackupTask = {
      sharedDir,
      socketDirectory: this.#socketDirectory,
      port,
      epoch,
      backupHours: hours,
      retentionDays,
    };
    const running = new AbortController();
    this.#running = running;
    try {
      const { signal } = running;
      const report = (await runChild(this.#entry, "base-backup", task, { cwd: stateDir, signal })) as BackupReport;
      this.#lastBase = report.last;
      this.#next_at_ms = monotonic_ms() + report.nextIn_ms;
      this.#failures = 0;
      this.#failure = undefined;
    } catch (error) {
      this.#next_at_ms = monotonic_ms() + BACKUP_RETRY_MS;
      if (!running.signal.aborted) this.#failed(messageOf(error));
    } finally {
      this.#running = undefined;
    }
  }

  #failed(because: string): void {
    this.#failures += 1;
    this.#failure = because;
    log("error", `the base backup failed: ${because}`, {
      code: "backup-failed",
      failures: this.#failures,
      retryIn_ms: BACKUP_RETRY_MS,
    });
  }
}
