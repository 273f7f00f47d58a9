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
  const statusSchema = (status: string) =>
    Type.Object({ status: Type.String({ examples: [status] }) }, { description: "Well." });
  const aliveSchema = {
    operationId: "isAlive",
    tags: ["health"],
    summary: "Whether this process answers.",
    description: "Does not ask the database: an outage of it is no reason to replace this instance.",
    response: { 200: statusSchema("ok") },
  };
  app.get("/healthz", { schema: aliveSchema, config: { isOpen: true } }, async () => ({ status: "ok" }));
  const readySchema = {
    operationId: "isReady",
    tags: ["health"],
    summary: "Whether the database answers, too.",
    description: "503 says that it does not; the process itself is well.",
    response: { 200: statusSchema("ready"), ...problemResponses(503) },
  };
  app.get("/readyz", { schema: readySchema, config: { isOpen: true } }, async () => {
    await app.database.read(PING);
    return { status: "ready" };
  });
};
