import { Ajv, type ValidateFunction } from "ajv";
import formats from "ajv-formats";
import fp from "fastify-plugin";

/**
 * Fastify's own validator drops unknown fields and turns numbers into text and back; here everything must be right as it
 * is. A query is text by nature, so its whole numbers are read first: Ajv's conversion would let "Infinity" and "1e400"
 * pass as integers within any bounds.
 */
export const validation = fp(
  async (app) => {
    const ajv = new Ajv({ coerceTypes: false, useDefaults: true, removeAdditional: false, allErrors: true });
    formats.default(ajv, ["email"]);
    app.setValidatorCompiler<Schema>(({ schema, httpPart }) => {
      const validate = ajv.compile(schema);
      return httpPart === "querystring" ? readingWholeNumbers(validate, schema) : validate;
    });
  },
  { name: "cloudy-validation", fastify: "5.x" },
);

interface Schema {
  readonly properties?: Readonly<Record<string, { readonly type?: string }>>;
}

function readingWholeNumbers(validate: ValidateFunction, schema: Schema) {
  const names = Object.entries(schema.properties ?? {})
    .filter(([, property]) => property.type === "integer")
    .map(([name]) => name);
  const read = (query: Record<string, unknown>) => {
    for (const name of names) {
      const value = query[name];
      if (typeof value === "string" && /^-?\d+$/.test(value)) query[name] = Number(value);
    }
    const isValid = validate(query);
    read.errors = validate.errors ?? null;
    return isValid;
  };
  read.errors = validate.errors ?? null;
  return read;
}
