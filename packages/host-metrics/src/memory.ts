export interface Memory {
  /** Not used for anything, as in the `free` column of free(1). */
  readonly free_mb: number;
  /** Without what the kernel can give back at once (caches). */
  readonly usedPercent: number;
}

/** Reads /proc/meminfo (proc(5)), whose numbers are in KiB. */
export function parseMemory(meminfo: string): Memory {
  const total = kilobytes(meminfo, "MemTotal");
  const free = kilobytes(meminfo, "MemFree");
  if (total === undefined || total === 0 || free === undefined) {
    throw new Error(`/proc/meminfo has no MemTotal and MemFree, but: ${JSON.stringify(meminfo.slice(0, 80))}.`);
  }
  const available = kilobytes(meminfo, "MemAvailable") ?? free;
  return { free_mb: free / 1024, usedPercent: 100 * (1 - available / total) };
}

function kilobytes(meminfo: string, name: string): number | undefined {
  const value = new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(meminfo)?.[1];
  return value === undefined ? undefined : Number(value);
}
