import type { Settings } from "../settings.ts";
import type { PrimeResult } from "./prime-worker.ts";
import { WorkerPool } from "./worker-pool.ts";

/** Where calculations are done: threads of this process, or of the primary. */
export type PrimePool = Pick<WorkerPool<number, PrimeResult>, "run" | "running" | "waiting" | "close">;

/** The worker stands beside this file in the sources, and beside server.mjs in the bundle. */
const SCRIPT = import.meta.url.endsWith(".ts")
  ? new URL("prime-worker.ts", import.meta.url)
  : new URL("prime-worker.mjs", import.meta.url);

/** Threads for calculations that would hold up the event loop. */
export function createPrimePool({ loadWorkers, loadQueue }: Pick<Settings, "loadWorkers" | "loadQueue">) {
  return new WorkerPool<number, PrimeResult>({ script: SCRIPT, workers: loadWorkers, queueLimit: loadQueue });
}
