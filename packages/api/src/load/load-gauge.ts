import { Gauge, type Registry } from "prom-client";
import type { PrimePool } from "./prime-pool.ts";

/** Calculations at the moment of each look. */
export function loadGauge(register: Registry, pool: Pick<PrimePool, "running" | "waiting">): void {
  new Gauge({
    name: "cloudy_load_calculations",
    help: "Calculations of /load that run, and that wait for a thread",
    labelNames: ["state"],
    registers: [register],
    collect() {
      this.set({ state: "running" }, pool.running);
      this.set({ state: "waiting" }, pool.waiting);
    },
  });
}
