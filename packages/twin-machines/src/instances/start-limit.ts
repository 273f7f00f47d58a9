import { START_LIMIT_BURST, START_LIMIT_INTERVAL_MS } from "./constants.ts";
import { CommandFailed } from "./errors.ts";
import type { Machine } from "./machine.ts";
import { parseTimeSpan } from "./time-span.ts";
import type { UnitFile } from "./unit-file.ts";

/** systemd's limit: a unit that was started too often within an interval stays failed; an interval of 0 is no limit. */
export class StartLimit {
  readonly #unit: UnitFile;
  readonly #machine: Machine;
  #starts_ms: number[] = [];

  constructor(unit: UnitFile, machine: Machine) {
    this.#unit = unit;
    this.#machine = machine;
  }

  /** Counts a start; throws CommandFailed when it is one too many. */
  admit(): void {
    const now_ms = this.#machine.surroundings.clock.now();
    const interval = this.#unit.value("Unit", "StartLimitIntervalSec");
    const interval_ms = interval === undefined ? START_LIMIT_INTERVAL_MS : parseTimeSpan(interval);
    const burst = Number(this.#unit.value("Unit", "StartLimitBurst") ?? START_LIMIT_BURST);
    this.#starts_ms = this.#starts_ms.filter((start_ms) => now_ms - start_ms < interval_ms);
    if (this.#starts_ms.length >= burst) {
      const sentence = `${this.#unit.name}: Start request repeated too quickly; it stays failed`;
      this.#machine.say(sentence);
      throw new CommandFailed(sentence);
    }
    this.#starts_ms.push(now_ms);
  }
}
