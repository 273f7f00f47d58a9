import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { DURATION_BUCKETS_SECONDS } from "../../constants.ts";
import { loadGauge } from "../../load/load-gauge.ts";
import { serveMetrics } from "../../metrics-server.ts";
import type { PrimaryLink } from "../../processes/primary-link.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** Where this process serves metrics, once the app is ready; empty where the primary does. */
    metricsUrl: string;
  }
}

interface MetricsOptions {
  readonly address: { readonly host: string; readonly port: number };
  /** Asks for the figures of this process and shows them with those of the others, where there are others. */
  readonly primary: PrimaryLink | undefined;
}

/** Prometheus metrics of this process, served by itself or by the primary. */
export const metrics = fp<MetricsOptions>(
  async (app, { address, primary }) => {
    const registry = createRegistry(app);
    app.decorate("metricsUrl", "");
    if (primary !== undefined) {
      primary.onMetricsAsked(() => registry.getMetricsAsJSON());
      return;
    }
    // Where there are several processes, the primary calculates.
    loadGauge(registry, app.primePool);
    let close = () => {};
    app.addHook("onReady", async () => {
      const server = await serveMetrics(address, {
        contentType: registry.contentType,
        text: () => registry.metrics(),
      });
      close = server.close;
      app.metricsUrl = server.url;
      app.log.info(`Metrics at ${app.metricsUrl}`);
    });
    app.addHook("onClose", async () => close());
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
  new Gauge({
    name: "cloudy_database_connections",
    help: "Connections of the pool, and requests that wait for one",
    labelNames: ["state"],
    registers,
    collect() {
      const { totalCount, idleCount, waitingCount } = app.pg.pool;
      this.set({ state: "busy" }, totalCount - idleCount);
      this.set({ state: "idle" }, idleCount);
      this.set({ state: "waiting" }, waitingCount);
    },
  });
  return registry;
}
