import swagger from "@fastify/swagger";
import type { FastifySchema } from "fastify";
import fp from "fastify-plugin";
import type { ApiDocument } from "../../docs/document.ts";
import { answersOf, type Doors, type Responses } from "../../docs/refusals.ts";

const DESCRIPTION = `Users in a highly available PostgreSQL, and a calculation to load instances with.

Every error is a problem document (RFC 9457). Besides those that are listed: a path that is not here is 404, and a method that a path does not take is 405 with \`Allow\`. \`HEAD\` is taken wherever \`GET\` is. Query parameters and fields that are not known are 400, except at the health routes, which take any query. \`Accept\` is not looked at.`;

/** Gathers the routes' schemas into an OpenAPI 3.1 document; routes/docs.ts shows it. */
export const openapi = fp<Doors>(
  async (app, doors) => {
    await app.register(swagger, {
      openapi: {
        openapi: "3.1.0",
        info: {
          title: "Cloudy",
          version: "1.0.0",
          description: DESCRIPTION,
          contact: { name: "Whoever runs this service" },
          license: { name: "MIT", identifier: "MIT" },
        },
        // Where the document was loaded from.
        servers: [{ url: "/" }],
        tags: [
          { name: "users", description: "Users, each with a name and an email of their own." },
          { name: "load", description: "Which instance answers, and work to load it with." },
          { name: "health", description: "Whether an instance is well; open to everybody." },
        ],
        ...(doors.asksForTokens
          ? {
              components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
              security: [{ bearer: [] }],
            }
          : {}),
      },
      transform: ({ schema, url, route }) => ({
        url,
        schema: documented(schema, route.config?.isOpen === true, doors),
      }),
      transformObject: (made) => ("openapiObject" in made ? withRequiredHeaders(made.openapiObject) : {}),
    });
  },
  { name: "cloudy-openapi", fastify: "5.x" },
);

function documented(schema: FastifySchema, isOpen: boolean, doors: Doors): FastifySchema {
  const own = schema.response as Responses | undefined;
  const response = answersOf(own ?? {}, { isOpen, takesBody: schema.body !== undefined }, doors);
  // An empty list says that nothing is asked for.
  return { ...schema, response, ...(isOpen || !doors.asksForTokens ? { security: [] } : {}) };
}

/** @fastify/swagger takes all that is said of a header for its schema, so `required` has another name until here. */
function withRequiredHeaders(made: object): ApiDocument {
  const document: ApiDocument = JSON.parse(JSON.stringify(made));
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  for (const header of operations
    .flatMap(({ responses }) => Object.values(responses))
    .flatMap(({ headers }) => Object.values(headers ?? {}))) {
    const { isAlwaysSent, ...schema } = header.schema ?? {};
    Object.assign(header, { required: isAlwaysSent === true, schema });
  }
  return document;
}
