import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Clock ticks a second of /proc/stat (USER_HZ). */
const TICKS_PER_S = 100;
/** A file never changes its length, so that a reader never sees half of it: blank lines fill it up. */
const FILE_BYTES = 256;
/** Of the line that each processor has in /proc/stat. */
const CPU_LINE_BYTES = 64;

interface MemoryUse {
  readonly used_kb: number;
  /** The part of it that the kernel can drop (programs and other files). */
  readonly reclaimable_kb: number;
}

/** An instance's own `/proc/stat` and `/proc/meminfo`: its vCPUs, which are fully used when the share is. */
export class Procfs {
  readonly #stat: number;
  readonly #meminfo: number;
  readonly #vcpus: number;
  readonly #total_kb: number;
  readonly #bootTime_s = Math.floor(Date.now() / 1000);

  constructor(directory: string, vcpus: number, memory_mb: number) {
    mkdirSync(directory, { recursive: true });
    this.#stat = openSync(join(directory, "stat"), "w");
    this.#meminfo = openSync(join(directory, "meminfo"), "w");
    this.#vcpus = vcpus;
    this.#total_kb = memory_mb * 1024;
  }

  /**
   * `busy_s` is the mean of the vCPUs, and each is shown with it. All use counts as user time: the two kinds are not told apart
   * by what is measured.
   */
  writeStat(busy_s: number, wall_s: number): void {
    const wall = Math.round(wall_s * TICKS_PER_S);
    const busy = Math.min(Math.round(busy_s * TICKS_PER_S), wall);
    const fields = (count: number) => `${busy * count} 0 0 ${(wall - busy) * count} 0 0 0 0 0 0`;
    const lines = Array.from({ length: this.#vcpus }, (_, index) => `cpu${index} ${fields(1)}\n`).join("");
    const text = `cpu  ${fields(this.#vcpus)}\n${lines}btime ${this.#bootTime_s}\n`;
    overwrite(this.#stat, text, FILE_BYTES + CPU_LINE_BYTES * (this.#vcpus - 1));
  }

  writeMemory({ used_kb, reclaimable_kb }: MemoryUse): void {
    const free_kb = Math.max(this.#total_kb - used_kb, 0);
    const available_kb = Math.min(free_kb + reclaimable_kb, this.#total_kb);
    const figures = { MemTotal: this.#total_kb, MemFree: free_kb, MemAvailable: available_kb };
    const lines = Object.entries(figures).map(([name, kb]) => `${`${name}:`.padEnd(15)} ${kb} kB\n`);
    overwrite(this.#meminfo, lines.join(""));
  }

  close(): void {
    closeSync(this.#stat);
    closeSync(this.#meminfo);
  }
}

function overwrite(descriptor: number, text: string, bytes = FILE_BYTES): void {
  writeSync(descriptor, text.padEnd(bytes, "\n"), 0);
}
