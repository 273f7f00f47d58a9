import { Type } from "typebox";

/** What is not known is refused: a misspelt name would be ignored in silence. */
export const STRICT = { additionalProperties: false } as const;

type QueryProperties = Parameters<typeof Type.Object>[0];

/**
 * The parameters of a query, each with a default: the validation fills in what was not sent. So a handler has all of them,
 * and yet none is `required` of the client; TypeBox by itself would say that they are.
 */
export function querySchema<Properties extends QueryProperties>(properties: Properties) {
  return Type.Object(properties, { ...STRICT, required: [] });
}

export const NoQuerySchema = querySchema({});
