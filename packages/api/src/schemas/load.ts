import { Type } from "typebox";
import { LOAD_NUMBER_DEFAULT } from "../constants.ts";
import { querySchema } from "./query.ts";

export const LoadQuerySchema = querySchema({
  number: Type.Integer({
    format: "int64",
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    default: LOAD_NUMBER_DEFAULT,
    description: "what is tried; a large prime takes longest",
    examples: [7],
  }),
});

export const LoadResultSchema = Type.Object(
  {
    isPrime: Type.Boolean({ examples: [true] }),
    number: Type.Integer({ format: "int64", examples: [7] }),
    processingTime: Type.Number({
      format: "double",
      description: "seconds of calculation, waiting not included",
      examples: [0.000021],
    }),
  },
  { description: "The answer, and what it cost." },
);
