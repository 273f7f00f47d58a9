import type { Readings } from "@cloudy/contracts/agent-status.ts";
import type { BackupSchedule } from "../backup/schedule.ts";
import { DISK_LOOK_MS } from "../constants.ts";
import type { SharedFiles } from "../files/shared-files.ts";
import { monotonic_ms } from "../monotonic.ts";
import type { DatabaseSession } from "../postgres/database-session.ts";
import type { LocalPostgres } from "../postgres/postgres.ts";
import type { AgentState } from "../protocol/state.ts";

interface Sources {
  readonly sharedDir: string;
  readonly shared: SharedFiles;
  readonly postgres: LocalPostgres;
  readonly session: DatabaseSession;
  readonly backups: BackupSchedule;
}

/** Reads the gauges now and then, so that a question is answered without asking anybody who may hang. */
export class Gauges {
  readonly #sources: Sources;
  #recovery: string | undefined;
  #disk: Readings["disk"] = null;
  #disk_at_ms = Number.NEGATIVE_INFINITY;
  #isMeasuring = false;
  #certificateEnds_ms: number | undefined;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  setCertificateEnd(end_ms: number): void {
    this.#certificateEnds_ms = end_ms;
  }

  tick(state: AgentState): void {
    void this.#readRecovery(state);
    if (this.#isMeasuring || monotonic_ms() - this.#disk_at_ms < DISK_LOOK_MS) return;
    void this.#readDisk();
  }

  read(): Readings {
    const { backups, session } = this.#sources;
    const ends_ms = this.#certificateEnds_ms;
    const status = backups.status();
    return {
      recovery: this.#recovery ?? null,
      sessions: session.sessions() ?? null,
      disk: this.#disk,
      backups: status && { ...status, wal: session.archiver() ?? null },
      certificate: ends_ms === undefined ? null : { endsAt: new Date(ends_ms).toISOString() },
    };
  }

  async #readRecovery({ postgres }: AgentState): Promise<void> {
    const isStarting = (postgres.is === "started" || postgres.is === "adopted") && !postgres.accepting;
    this.#recovery = isStarting ? await this.#sources.postgres.progress() : undefined;
  }

  async #readDisk(): Promise<void> {
    const { shared, sharedDir } = this.#sources;
    this.#isMeasuring = true;
    try {
      const value = await shared.request({ do: "measure", sharedDir });
      if (value.is === "measured") this.#disk = { totalBytes: value.totalBytes, freeBytes: value.freeBytes };
    } catch {
      // The looks say what is wrong with the file system.
      this.#disk = null;
    } finally {
      this.#isMeasuring = false;
      this.#disk_at_ms = monotonic_ms();
    }
  }
}
