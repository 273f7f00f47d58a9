import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { ProblemSchema } from "../schemas/problem.ts";

/**
 * `/healthz`: the process answers. The load balancer asks this one, since a check that includes the database would make
 * one outage of the database replace every web instance. `/readyz`: the database answers, too.
 */
export const healthRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const status = Type.Object({ status: Type.String() });
  app.get("/healthz", { schema: { response: { 200: status } } }, async () => ({ status: "ok" }));
  app.get("/readyz", { schema: { response: { 200: status, 503: ProblemSchema } } }, async () => {
    await app.database.read("SELECT 1");
    return { status: "ready" };
  });
};
