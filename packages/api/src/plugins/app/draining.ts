import { Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import { DRAIN_ABORT_MARGIN_MS, DRAIN_CUT_MARGIN_MS, DRAIN_IDLE_MS, DRAIN_LOOK_INTERVAL_MS } from "../../constants.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** Aborted shortly before the shutdown time is over: what still runs then is answered with 503. */
    drainDeadline: AbortSignal;
  }
}

/** A graceful end: no new connections, requests under way are finished, kept-alive connections are told to close. */
export const draining = fp<{ shutdown_ms: number }>(
  async (app, { shutdown_ms }) => {
    const deadline = new AbortController();
    let isDraining = false;
    app.decorate("drainDeadline", deadline.signal);
    // By callback: a promise for each answer costs more than the hook itself.
    app.addHook("onSend", (_request, reply, _payload, done) => {
      if (isDraining) reply.header("connection", "close");
      done();
    });
    app.addHook("preClose", async () => {
      isDraining = true;
      app.log.info({ shutdown_ms }, "shutting down");
      setTimeout(() => deadline.abort(), shutdown_ms - DRAIN_ABORT_MARGIN_MS).unref();
      setTimeout(() => app.server.closeAllConnections(), shutdown_ms - DRAIN_CUT_MARGIN_MS).unref();
      if (app.server.listening) await serveWhatIsOpen(app, Math.min(DRAIN_IDLE_MS, shutdown_ms / 4));
      app.connections.hurry();
    });
  },
  { name: "cloudy-draining", fastify: "5.x", dependencies: ["cloudy-connections"] },
);

/**
 * Takes no new connections, and leaves the open ones until each was told to close with an answer, or for `time_ms`. HTTP's own
 * close would cut idle ones at once, and with them requests that are just on their way.
 */
async function serveWhatIsOpen(app: FastifyInstance, time_ms: number): Promise<void> {
  Server.prototype.close.call(app.server);
  const end_ms = performance.now() + time_ms;
  while (performance.now() < end_ms && (await connectionsOf(app)) > 0) await delay(DRAIN_LOOK_INTERVAL_MS);
}

function connectionsOf(app: FastifyInstance): Promise<number> {
  return new Promise((resolve) => app.server.getConnections((_error, count) => resolve(count)));
}
