import { Type } from "typebox";

/** RFC 9457; `application/problem+json`. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }))),
    message: Type.Optional(Type.String()),
  },
  { description: "A problem document (RFC 9457)." },
);
