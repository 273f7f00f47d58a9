import type { Cancel } from "@cloudy/twin-model/clock.ts";
import type { Machine } from "./machine.ts";
import { nextElapse, parseTimeSpan } from "./time-span.ts";
import type { Unit } from "./unit.ts";
import type { UnitFile } from "./unit-file.ts";

/** A systemd timer: OnBootSec, OnUnitActiveSec, OnCalendar, in cloud time. */
export class Timer implements Unit {
  readonly #unit: UnitFile;
  readonly #machine: Machine;
  readonly #activate: () => Promise<void>;
  readonly #cancels = new Set<Cancel>();
  isActive = false;

  /** `activate` starts the unit that the timer is for. */
  constructor(unit: UnitFile, machine: Machine, activate: () => Promise<void>) {
    this.#unit = unit;
    this.#machine = machine;
    this.#activate = activate;
  }

  async start(): Promise<void> {
    if (this.isActive) return;
    this.isActive = true;
    const { clock } = this.#machine.surroundings;
    const onBoot = this.#unit.value("Timer", "OnBootSec");
    if (onBoot !== undefined) {
      this.#elapseAfter(Math.max(0, this.#machine.bootTime_ms + parseTimeSpan(onBoot) - clock.now()));
    }
    for (const expression of this.#unit.values("Timer", "OnCalendar")) this.#follow(expression);
  }

  async stop(): Promise<void> {
    this.abandon();
  }

  abandon(): void {
    this.isActive = false;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  #follow(expression: string): void {
    const now_ms = this.#machine.surroundings.clock.now();
    this.#after(nextElapse(expression, now_ms) - now_ms, () => {
      this.#follow(expression);
      void this.#elapse();
    });
  }

  #elapseAfter(delay_ms: number): void {
    this.#after(delay_ms, () => {
      const onActive = this.#unit.value("Timer", "OnUnitActiveSec");
      // Counted from when the unit is activated, whether or not it then succeeds.
      if (onActive !== undefined) this.#elapseAfter(parseTimeSpan(onActive));
      void this.#elapse();
    });
  }

  async #elapse(): Promise<void> {
    // The unit tells its failures itself; the timer goes on.
    await this.#activate().catch(() => {});
  }

  #after(delay_ms: number, task: () => void): void {
    const cancel = this.#machine.surroundings.clock.after(delay_ms, () => {
      this.#cancels.delete(cancel);
      task();
    });
    this.#cancels.add(cancel);
  }
}
