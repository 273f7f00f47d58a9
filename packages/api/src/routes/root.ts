import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { GUARDED, problemResponses } from "../schemas/problem.ts";
import { NoQuerySchema } from "../schemas/query.ts";

/** `GET /` names the instance that answers, so that load balancing can be seen. */
export const rootRoutes: FastifyPluginAsyncTypebox<{ hostname: string }> = async (app, { hostname }) => {
  const schema = {
    operationId: "hostname",
    summary: "Names the instance that answers.",
    querystring: NoQuerySchema,
    response: {
      200: Type.Object({ hostname: Type.String() }, { description: "The instance's name." }),
      ...problemResponses(...GUARDED),
    },
  };
  app.get("/", { schema }, async () => ({ hostname }));
};
