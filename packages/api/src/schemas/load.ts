import { Type } from "typebox";
import { LOAD_NUMBER_DEFAULT } from "../constants.ts";
import { STRICT } from "./query.ts";

export const LoadQuerySchema = Type.Object(
  { number: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: LOAD_NUMBER_DEFAULT }) },
  STRICT,
);

export const LoadResultSchema = Type.Object(
  {
    isPrime: Type.Boolean(),
    number: Type.Integer(),
    processingTime: Type.Number({ description: "seconds of calculation, waiting not included" }),
  },
  { description: "The answer, and what it cost." },
);
