import { STATUS_CODES } from "node:http";
import { Type } from "typebox";
import { PROBLEM_MEDIA_TYPE } from "../problem.ts";

const ProblemSchema = Type.Object(
  {
    type: Type.String({ format: "uri-reference", examples: ["about:blank"] }),
    title: Type.String({ examples: ["Bad Request"] }),
    status: Type.Integer({ format: "int32", minimum: 400, maximum: 599, examples: [400] }),
    detail: Type.String({ description: "what is wrong and what to do" }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          path: Type.String({
            description: "JSON pointer into the body, the query or the headers",
            examples: ["/username"],
          }),
          message: Type.String({ examples: ["must not begin or end with a space"] }),
        }),
      ),
    ),
    message: Type.Optional(Type.String({ description: "only with 409: the same as detail" })),
  },
  { description: "A problem document (RFC 9457)." },
);

/** When each status is answered. */
const REASONS = {
  400: "Something in the request is not valid; `errors` says what and where, unless it is no valid HTTP at all.",
  401: "A bearer token is asked for here, and this request has none that is known.",
  408: "The request did not arrive in full in time.",
  409: "The username or the email is taken.",
  413: "The body is too large.",
  415: "The body is not application/json.",
  422: "The Idempotency-Key was used for another user.",
  429: "This client asks more often than it may.",
  431: "The header fields are larger than this server takes.",
  500: "A mistake of this program.",
  503: "Not possible at the moment; try again as Retry-After says.",
} as const;

const RETRY_AFTER = { "retry-after": { type: "integer", minimum: 0, isAlwaysSent: true, description: "seconds" } };
const HEADERS: Readonly<Record<number, object>> = {
  401: { "www-authenticate": { type: "string", isAlwaysSent: true, description: "the challenge, `Bearer …`" } },
  429: RETRY_AFTER,
  503: RETRY_AFTER,
};

export type ProblemStatus = keyof typeof REASONS;

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
