import fp from "fastify-plugin";
import { DRAIN_ABORT_MARGIN_MS, DRAIN_CUT_MARGIN_MS } from "../../constants.ts";

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
    });
  },
  { name: "cloudy-draining", fastify: "5.x" },
);
