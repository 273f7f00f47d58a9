/** Time all processors spent since boot, in clock ticks. */
export interface CpuSample {
  readonly total: number;
  readonly idle: number;
  readonly ioWait: number;
  /** Seconds since the epoch; another one means another boot, and counters that started again. */
  readonly bootTime_s: number | undefined;
}

export interface CpuUse {
  readonly usedPercent: number;
  readonly ioWaitPercent: number;
}

/** Reads /proc/stat (proc(5)): `cpu  user nice system idle iowait irq softirq steal guest guest_nice`. */
export function parseCpuSample(procStat: string): CpuSample {
  const line = /^cpu +(.+)$/m.exec(procStat)?.[1];
  // Guest time is part of user time already.
  const fields = (line?.trim().split(/ +/) ?? []).slice(0, 8).map(Number);
  const [, , , idle, ioWait = 0] = fields;
  if (idle === undefined || fields.some((ticks) => !Number.isFinite(ticks))) {
    throw new Error(`/proc/stat has no usable "cpu" line, but: ${JSON.stringify(procStat.slice(0, 80))}.`);
  }
  const bootTime = /^btime (\d+)$/m.exec(procStat)?.[1];
  return {
    total: fields.reduce((sum, ticks) => sum + ticks, 0),
    idle,
    ioWait,
    bootTime_s: bootTime === undefined ? undefined : Number(bootTime),
  };
}

/**
 * The use between two samples: everything but idling and waiting for I/O, with the time that the hypervisor kept to itself.
 * Undefined when no time passed or the machine was booted in between.
 */
export function cpuUse(before: CpuSample, after: CpuSample): CpuUse | undefined {
  const total = after.total - before.total;
  const idle = after.idle - before.idle;
  // The kernel lets iowait fall a little now and then (proc(5)).
  const ioWait = Math.max(after.ioWait - before.ioWait, 0);
  if (before.bootTime_s !== after.bootTime_s || total <= 0 || idle < 0) return undefined;
  return {
    usedPercent: percent(total - idle - ioWait, total),
    ioWaitPercent: percent(ioWait, total),
  };
}

function percent(part: number, whole: number): number {
  return Math.min(Math.max((100 * part) / whole, 0), 100);
}
