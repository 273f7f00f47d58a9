import { once } from "node:events";
import { createServer } from "node:http";
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { DURATION_BUCKETS_SECONDS } from "../../constants.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** Where metrics are served, once the app is ready. */
    metricsUrl: string;
  }
}

/** Prometheus metrics on a port of their own: the load balancer and its clients never reach them. */
export const metrics = fp<{ host: string; port: number }>(
  async (app, { host, port }) => {
    const registry = createRegistry(app);
    const server = createServer((request, response) => {
      if (request.url !== "/metrics") return response.writeHead(404).end("Metrics are at /metrics.\n");
      registry.metrics().then(
        (text) => response.writeHead(200, { "content-type": registry.contentType }).end(text),
        (error: unknown) => response.writeHead(500).end(`${error}\n`),
      );
      return response;
    });
    app.decorate("metricsUrl", "");
    app.addHook("onReady", async () => {
      server.listen({ host, port });
      await once(server, "listening");
      const address = server.address();
      const bound = typeof address === "object" && address !== null ? address.port : port;
      app.metricsUrl = `http://${host}:${bound}/metrics`;
      app.log.info(`Metrics at ${app.metricsUrl}`);
    });
    app.addHook("onClose", async () => {
      server.close();
      server.closeAllConnections();
    });
  },
  { name: "cloudy-metrics", fastify: "5.x", dependencies: ["cloudy-postgres", "cloudy-prime-pool"] },
);

function createRegistry(app: FastifyInstance): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const durations = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time from a request's head to the end of its answer, by route",
    labelNames: ["method", "route", "status"],
    buckets: [...DURATION_BUCKETS_SECONDS],
    registers,
  });
  app.addHook("onResponse", async (request, reply) => {
    // A route's pattern, never a URL: what clients make up must not become labels.
    const route = request.is404 ? "(none)" : (request.routeOptions.url ?? "(none)");
    durations.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });
  const gauge = (name: string, help: string, read: () => Readonly<Record<string, number>>) =>
    new Gauge({
      name,
      help,
      labelNames: ["state"],
      registers,
      collect() {
        for (const [state, value] of Object.entries(read())) this.set({ state }, value);
      },
    });
  gauge("cloudy_database_connections", "Connections of the pool, and requests that wait for one", () => {
    const { totalCount, idleCount, waitingCount } = app.pg.pool;
    return { busy: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  });
  gauge("cloudy_load_calculations", "Calculations of /load that run, and that wait for a thread", () => ({
    running: app.primePool.running,
    waiting: app.primePool.waiting,
  }));
  return registry;
}
