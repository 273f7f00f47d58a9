import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Clock ticks a second of /proc/stat (USER_HZ). */
const TICKS_PER_S = 100;

/** What an idle Amazon Linux uses for itself. */
const SYSTEM_KB = 120 * 1024;

/** Writes an instance's own `/proc/stat` and `/proc/meminfo`: one vCPU, of which `busy_s` of `wall_s` were used. */
export function writeProcfs(
  directory: string,
  figures: { readonly busy_s: number; readonly wall_s: number; readonly total_kb: number; readonly used_kb: number },
): void {
  const busy = Math.round(figures.busy_s * TICKS_PER_S);
  const idle = Math.max(0, Math.round(figures.wall_s * TICKS_PER_S) - busy);
  const cpu = `${busy} 0 0 ${idle} 0 0 0 0 0 0`;
  replace(join(directory, "stat"), `cpu  ${cpu}\ncpu0 ${cpu}\n`);
  const free = Math.max(0, figures.total_kb - SYSTEM_KB - figures.used_kb);
  const lines = { MemTotal: figures.total_kb, MemFree: free, MemAvailable: free };
  const text = Object.entries(lines).map(([name, kb]) => `${`${name}:`.padEnd(16)}${kb} kB\n`);
  replace(join(directory, "meminfo"), text.join(""));
}

/** Readers see the old or the new file, never half of one. */
function replace(path: string, text: string): void {
  try {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  } catch (error) {
    // The instance's disk was discarded meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
