import { SILENT_LOOK_MS } from "../constants.ts";
import { log } from "../log.ts";
import { monotonic_ms } from "../monotonic.ts";
import type { LocalPostgres } from "../postgres/postgres.ts";
import { RecoveryWatch } from "../postgres/recovery-watch.ts";
import type { AgentState } from "../protocol/state.ts";

/** Looks at a postgres that starts or recovers, and tells when nothing moves in it any more, or does again. */
export class RecoveryGuard {
  readonly #postgres: LocalPostgres;
  readonly #onStalled: (isStalled: boolean) => void;
  readonly #watch = new RecoveryWatch();
  #isLooking = false;

  constructor(postgres: LocalPostgres, onStalled: (isStalled: boolean) => void) {
    this.#postgres = postgres;
    this.#onStalled = onStalled;
  }

  /** `reached_at_ms`: when the file system answered last. */
  async tick(state: AgentState, reached_at_ms: number): Promise<void> {
    const { postgres } = state;
    const isStarting = (postgres.is === "started" || postgres.is === "adopted") && !postgres.accepting;
    if (!isStarting || postgres.stopping !== undefined) {
      this.#watch.reset();
      return;
    }
    if (this.#isLooking) return;
    this.#isLooking = true;
    const mark = await this.#postgres.recoveryMark();
    this.#isLooking = false;
    const now_ms = monotonic_ms();
    const isStalled = this.#watch.look(mark, now_ms - reached_at_ms > SILENT_LOOK_MS, now_ms);
    if (isStalled === state.isStalled) return;
    const what = isStalled ? `postgres recovers, and nothing moves in it: ${mark}` : "postgres' recovery moves again";
    log(isStalled ? "error" : "info", what, { code: isStalled ? "recovery-stalled" : "recovery-moves" });
    this.#onStalled(isStalled);
  }
}
