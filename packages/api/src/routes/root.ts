import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { NoQuerySchema } from "../schemas/query.ts";

/** `GET /` names the instance that answers, so that load balancing can be seen. */
export const rootRoutes: FastifyPluginAsyncTypebox<{ hostname: string }> = async (app, { hostname }) => {
  const schema = {
    operationId: "hostname",
    tags: ["load"],
    summary: "Names the instance that answers.",
    description: "Asked again and again, it shows how requests are spread over the instances.",
    querystring: NoQuerySchema,
    response: {
      200: Type.Object(
        { hostname: Type.String({ examples: ["ip-10-0-1-23"] }) },
        { description: "The instance's name." },
      ),
    },
  };
  // Not async: the promise would be a good part of what this takes.
  app.get("/", { schema }, (_request, reply) => {
    reply.send({ hostname });
  });
};
