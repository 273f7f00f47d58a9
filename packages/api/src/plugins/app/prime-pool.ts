import fp from "fastify-plugin";
import type { PrimePool } from "../../load/prime-pool.ts";

declare module "fastify" {
  interface FastifyInstance {
    primePool: PrimePool;
  }
}

/** Threads for calculations that would hold up the event loop. */
export const primePool = fp<{ pool: PrimePool }>(
  async (app, { pool }) => {
    app.decorate("primePool", pool);
    app.drainDeadline.addEventListener("abort", () => void pool.close());
    app.addHook("onClose", async () => await pool.close());
  },
  { name: "cloudy-prime-pool", fastify: "5.x", dependencies: ["cloudy-draining"] },
);
