import swagger from "@fastify/swagger";
import fp from "fastify-plugin";

/** Gathers the routes' schemas into an OpenAPI 3.1 document; routes/docs.ts shows it. */
export const openapi = fp<{ asksForTokens: boolean }>(
  async (app, { asksForTokens }) => {
    await app.register(swagger, {
      openapi: {
        openapi: "3.1.0",
        info: {
          title: "Cloudy",
          version: "1.0.0",
          description: "Users in a highly available PostgreSQL, and a calculation to load instances with.",
        },
        // Where the document was loaded from.
        servers: [{ url: "/" }],
        ...(asksForTokens
          ? {
              components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
              security: [{ bearer: [] }],
            }
          : {}),
      },
    });
  },
  { name: "cloudy-openapi", fastify: "5.x" },
);
