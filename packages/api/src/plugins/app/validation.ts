import { Ajv, type Options } from "ajv";
import formats from "ajv-formats";
import fp from "fastify-plugin";

/**
 * Fastify's own validator drops unknown fields and turns numbers into text; here a body must be right as it is. Only what
 * is text by nature (query, headers) is converted.
 */
export const validation = fp(
  async (app) => {
    const strict = ajv({ coerceTypes: false });
    const converting = ajv({ coerceTypes: true });
    app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === "body" ? strict : converting).compile(schema));
  },
  { name: "cloudy-validation", fastify: "5.x" },
);

function ajv(options: Options): Ajv {
  const instance = new Ajv({ ...options, useDefaults: true, removeAdditional: false, allErrors: true });
  formats.default(instance, ["email"]);
  return instance;
}
