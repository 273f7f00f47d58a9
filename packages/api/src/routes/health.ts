import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { Statement } from "../database/prepared-query.ts";
import { problemResponses } from "../schemas/problem.ts";

const PING: Statement = { name: "ping", text: "SELECT 1" };

/**
 * `/healthz`: the process answers. The load balancer asks this one, since a check that includes the database would make
 * one outage of the database replace every web instance. `/readyz`: the database answers, too.
 * Both take any query: a checker that adds one is no reason to be taken for ill.
 */
export const healthRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const status = Type.Object({ status: Type.String() }, { description: "Well." });
  const aliveSchema = {
    operationId: "isAlive",
    security: [],
    summary: "Whether this process answers.",
    response: { 200: status, ...problemResponses(500) },
  };
  app.get("/healthz", { schema: aliveSchema, config: { isOpen: true } }, async () => ({ status: "ok" }));
  const readySchema = {
    operationId: "isReady",
    security: [],
    summary: "Whether the database answers, too.",
    response: { 200: status, ...problemResponses(500, 503) },
  };
  app.get("/readyz", { schema: readySchema, config: { isOpen: true } }, async () => {
    await app.database.read(PING);
    return { status: "ready" };
  });
};
