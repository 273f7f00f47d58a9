import fp from "fastify-plugin";
import type { Connections } from "../../connections.ts";
import { Problem } from "../../problem.ts";

declare module "fastify" {
  interface FastifyInstance {
    connections: Connections;
  }
}

/** Connections end so that their last answer arrives, and nothing is carried out after it. */
export const connections = fp<{ connections: Connections }>(
  async (app, { connections: instance }) => {
    app.decorate("connections", instance);
    instance.attach(app.server);
    app.addHook("onRequest", (request, reply, done) => {
      const { raw } = request;
      if (!instance.accepts(raw, reply.raw)) {
        reply.hijack();
        return;
      }
      if (raw.headers.host === undefined && raw.httpVersion === "1.1") {
        done(new Problem(400, "The request has no Host header, which HTTP/1.1 asks for."));
        return;
      }
      done();
    });
  },
  { name: "cloudy-connections", fastify: "5.x" },
);
