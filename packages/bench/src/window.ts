import { addedBetween_s, busy_s, cpuBooks, familyOf, waitingBooks } from "./cpu-time.ts";
import type { Watched, WindowCost } from "./driver-contract.ts";

/** Opens a window; the function it returns closes it and says what it cost. */
export function openWindow({ pids, families, cores }: Watched): () => WindowCost {
  const look = () => ({
    at_ms: performance.now(),
    // Anew each time: PostgreSQL has a process for each connection, and these come and go.
    cpu: cpuBooks([...pids, ...families.flatMap(familyOf)]),
    busy_s: cores.length === 0 ? undefined : busy_s(cores),
    driver: process.cpuUsage(),
    driverWaiting: waitingBooks([process.pid]),
  });
  const start = look();
  return () => {
    const end = look();
    const seconds = (end.at_ms - start.at_ms) / 1000;
    const cpu_s = addedBetween_s(start.cpu, end.cpu);
    const onCores_s = end.busy_s === undefined || start.busy_s === undefined ? undefined : end.busy_s - start.busy_s;
    return {
      seconds,
      cores_s: seconds * Math.max(1, cores.length),
      cpu_s,
      // The cores' books are kept in hundredths of a second, so a little less than nothing may come out.
      others_s: onCores_s === undefined || cpu_s === undefined ? undefined : Math.max(0, onCores_s - cpu_s),
      driver_cpu_s: (end.driver.user + end.driver.system - start.driver.user - start.driver.system) / 1e6,
      driver_waited_s: addedBetween_s(start.driverWaiting, end.driverWaiting),
    };
  };
}
