import { Type } from "typebox";

/** Query parameters that are not known are refused: a misspelt one would be ignored in silence. */
export const STRICT = { additionalProperties: false } as const;

export const NoQuerySchema = Type.Object({}, STRICT);
