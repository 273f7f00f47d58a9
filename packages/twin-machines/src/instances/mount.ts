import { detach, mountFileSystem } from "./efs-mount.ts";
import { CommandFailed } from "./errors.ts";
import type { Machine } from "./machine.ts";
import { StartLimit } from "./start-limit.ts";
import type { Unit } from "./unit.ts";
import type { UnitFile } from "./unit-file.ts";

/** A systemd mount unit: tried once a start, and failed until somebody starts it again. */
export class Mount implements Unit {
  readonly #unit: UnitFile;
  readonly #machine: Machine;
  readonly #limit: StartLimit;
  #starting: Promise<void> | undefined;
  isActive = false;

  constructor(unit: UnitFile, machine: Machine) {
    this.#unit = unit;
    this.#machine = machine;
    this.#limit = new StartLimit(unit, machine);
  }

  start(): Promise<void> {
    if (this.isActive) return Promise.resolve();
    this.#starting ??= this.#mount().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async stop(): Promise<void> {
    if (this.isActive) detach(this.#machine.path(this.#unit.value("Mount", "Where") ?? ""));
    this.isActive = false;
  }

  abandon(): void {
    this.isActive = false;
  }

  async #mount(): Promise<void> {
    this.#limit.admit();
    try {
      await mountFileSystem(this.#unit, this.#machine);
      this.isActive = true;
    } catch (error) {
      if (error instanceof CommandFailed) this.#machine.say(`${this.#unit.name}: ${error.message}`);
      throw error;
    }
  }
}
