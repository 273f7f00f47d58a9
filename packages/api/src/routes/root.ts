import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";

/** `GET /` names the instance that answers, so that load balancing can be seen. */
export const rootRoutes: FastifyPluginAsyncTypebox<{ hostname: string }> = async (app, { hostname }) => {
  const schema = { response: { 200: Type.Object({ hostname: Type.String() }) } };
  app.get("/", { schema }, async () => ({ hostname }));
};
