import { Ajv, type ErrorObject } from "ajv";
import fp from "fastify-plugin";
import { faultsBy } from "../../schemas/text-rules.ts";

/** They tell code generators what to make of a value; what is taken is said by pattern and bounds. */
const FORMATS = ["double", "email", "int32", "int64"] as const;

/**
 * Fastify's own validator drops unknown fields and turns numbers into text and back; here everything must be right as it
 * is. A query is text by nature, so its whole numbers are read first: Ajv's conversion would let "Infinity" and "1e400"
 * pass as integers within any bounds.
 */
export const validation = fp(
  async (app) => {
    // Verbose, so that an error has the text that it is about.
    const ajv = new Ajv({
      coerceTypes: false,
      useDefaults: true,
      removeAdditional: false,
      allErrors: true,
      verbose: true,
    });
    for (const format of FORMATS) ajv.addFormat(format, true);
    app.setValidatorCompiler<Schema>(({ schema, httpPart }) => {
      const compiled = ajv.compile(schema);
      const wholeNumbers = httpPart === "querystring" ? wholeNumbersOf(schema) : [];
      const validate = (data: Record<string, unknown>) => {
        for (const name of wholeNumbers) if (isWholeNumber(data[name])) data[name] = Number(data[name]);
        const isValid = compiled(data);
        validate.errors = compiled.errors?.flatMap(explained) ?? null;
        return isValid;
      };
      validate.errors = compiled.errors ?? null;
      return validate;
    });
  },
  { name: "cloudy-validation", fastify: "5.x" },
);

interface Schema {
  readonly properties?: Readonly<Record<string, { readonly type?: string }>>;
}

function wholeNumbersOf(schema: Schema): readonly string[] {
  return Object.entries(schema.properties ?? {})
    .filter(([, property]) => property.type === "integer")
    .map(([name]) => name);
}

function isWholeNumber(value: unknown): boolean {
  return typeof value === "string" && /^-?\d+$/.test(value);
}

/** Nobody reads a pattern: its error becomes as many as there are things wrong with the text. */
function explained(error: ErrorObject): readonly ErrorObject[] {
  if (error.keyword !== "pattern" || typeof error.data !== "string") return [error];
  const faults = faultsBy(error.params["pattern"], error.data);
  return faults?.map((message) => ({ ...error, message })) ?? [error];
}
