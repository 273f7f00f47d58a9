import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Clock ticks a second of /proc/stat (USER_HZ). */
const TICKS_PER_S = 100;
/** Digits of a number, so that a file never changes its length and a reader never sees half of it. */
const DIGITS = 12;

interface MemoryUse {
  readonly used_kb: number;
  /** The part of it that the kernel can drop (programs and other files). */
  readonly reclaimable_kb: number;
}

/** An instance's own `/proc/stat` and `/proc/meminfo`: one vCPU, which is fully used when the share is. */
export class Procfs {
  readonly #stat: number;
  readonly #meminfo: number;
  readonly #total_kb: number;
  readonly #bootTime_s = Math.floor(Date.now() / 1000);

  constructor(directory: string, memory_mb: number) {
    mkdirSync(directory, { recursive: true });
    this.#stat = openSync(join(directory, "stat"), "w");
    this.#meminfo = openSync(join(directory, "meminfo"), "w");
    this.#total_kb = memory_mb * 1024;
  }

  /** All use counts as user time: the two kinds are not told apart by what is measured. */
  writeStat(busy_s: number, wall_s: number): void {
    const wall = Math.round(wall_s * TICKS_PER_S);
    const busy = Math.min(Math.round(busy_s * TICKS_PER_S), wall);
    const fields = [busy, 0, 0, wall - busy, 0, 0, 0, 0, 0, 0].map(fixed).join(" ");
    writeSync(this.#stat, `cpu  ${fields}\ncpu0 ${fields}\nbtime ${this.#bootTime_s}\n`, 0);
  }

  writeMemory({ used_kb, reclaimable_kb }: MemoryUse): void {
    const free_kb = Math.max(this.#total_kb - used_kb, 0);
    const available_kb = Math.min(free_kb + reclaimable_kb, this.#total_kb);
    const lines = [`MemTotal:  ${fixed(this.#total_kb)} kB`, `MemFree:   ${fixed(free_kb)} kB`];
    writeSync(this.#meminfo, `${lines.join("\n")}\nMemAvailable: ${fixed(available_kb)} kB\n`, 0);
  }

  close(): void {
    closeSync(this.#stat);
    closeSync(this.#meminfo);
  }
}

function fixed(value: number): string {
  return String(value).padStart(DIGITS);
}
