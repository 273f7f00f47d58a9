import { busy_s, familyOf, usedCpu_s, waitedForCpu_s } from "./cpu-time.ts";
import type { Watched, WindowCost } from "./driver-contract.ts";

/** Opens a window; the function it returns closes it and says what it cost. */
export function openWindow({ pids, families, core }: Watched): () => WindowCost {
  const watched = [...pids, ...families.flatMap(familyOf)];
  const look = () => ({
    at_ms: performance.now(),
    cpu_s: usedCpu_s(watched),
    busy_s: core === undefined ? undefined : busy_s(core),
    driver: process.cpuUsage(),
    waited_s: waitedForCpu_s([process.pid]),
  });
  const start = look();
  return () => {
    const end = look();
    const cpu_s = difference(end.cpu_s, start.cpu_s);
    const onCore_s = difference(end.busy_s, start.busy_s);
    return {
      seconds: (end.at_ms - start.at_ms) / 1000,
      cpu_s,
      // The core's books are kept in hundredths of a second, so a little less than nothing may come out.
      others_s: onCore_s === undefined || cpu_s === undefined ? undefined : Math.max(0, onCore_s - cpu_s),
      driver_cpu_s: (end.driver.user + end.driver.system - start.driver.user - start.driver.system) / 1e6,
      driver_waited_s: difference(end.waited_s, start.waited_s),
    };
  };
}

function difference(end: number | undefined, start: number | undefined): number | undefined {
  return end === undefined || start === undefined ? undefined : end - start;
}
