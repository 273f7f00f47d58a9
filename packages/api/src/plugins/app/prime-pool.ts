import fp from "fastify-plugin";
import type { PrimeResult } from "../../load/prime-worker.ts";
import { WorkerPool } from "../../load/worker-pool.ts";

declare module "fastify" {
  interface FastifyInstance {
    primePool: WorkerPool<number, PrimeResult>;
  }
}

/** The worker stands beside this file in the sources, and beside server.mjs in the bundle. */
const SCRIPT = import.meta.url.endsWith(".ts")
  ? new URL("../../load/prime-worker.ts", import.meta.url)
  : new URL("prime-worker.mjs", import.meta.url);

/** Threads for calculations that would hold up the event loop. */
export const primePool = fp<{ workers: number; queueLimit: number }>(
  async (app, { workers, queueLimit }) => {
    const pool = new WorkerPool<number, PrimeResult>({ script: SCRIPT, workers, queueLimit });
    app.decorate("primePool", pool);
    app.drainDeadline.addEventListener("abort", () => void pool.close());
    app.addHook("onClose", async () => await pool.close());
  },
  { name: "cloudy-prime-pool", fastify: "5.x", dependencies: ["cloudy-draining"] },
);
