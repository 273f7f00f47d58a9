import { STATUS_CODES } from "node:http";
import { Type } from "typebox";
import { PROBLEM_MEDIA_TYPE } from "../problem.ts";

const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: "what is wrong and what to do" }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          path: Type.String({ description: "JSON pointer into the body, the query or the headers" }),
          message: Type.String(),
        }),
      ),
    ),
    message: Type.Optional(Type.String({ description: "only with 409: the same as detail" })),
  },
  { description: "A problem document (RFC 9457)." },
);

/** When each status is answered. */
const REASONS = {
  400: "Something in the request is not valid; `errors` says what and where.",
  401: "A bearer token is asked for here, and this request has none that is known.",
  409: "The username or the email is taken.",
  413: "The body is too large.",
  415: "The body is not application/json.",
  422: "The Idempotency-Key was used for another user.",
  429: "This client asks more often than it may.",
  500: "A mistake of this program.",
  503: "Not possible at the moment; try again as Retry-After says.",
} as const;

const RETRY_AFTER = { "retry-after": { type: "integer", description: "seconds" } };
const HEADERS: Readonly<Record<number, object>> = {
  401: { "www-authenticate": { type: "string" } },
  429: RETRY_AFTER,
  503: RETRY_AFTER,
};

type ProblemStatus = keyof typeof REASONS;

/** The errors that a route documents, by status, as Fastify's `response` takes them. */
export function problemResponses(...statuses: readonly ProblemStatus[]) {
  return Object.fromEntries(
    statuses.map((status) => {
      const headers = HEADERS[status];
      return [
        status,
        {
          description: `${STATUS_CODES[status]}: ${REASONS[status]}`,
          ...(headers === undefined ? {} : { headers }),
          content: { [PROBLEM_MEDIA_TYPE]: { schema: ProblemSchema } },
        },
      ];
    }),
  );
}

/** What every route may answer that is not open to everybody. */
export const GUARDED = [400, 401, 429, 500, 503] as const;
