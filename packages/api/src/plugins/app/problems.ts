import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import { type Complaint, DatabaseUnavailable, Problem, problemDocument } from "../../problem.ts";

const MEDIA_TYPE = "application/problem+json";

/** More complaints than this help nobody. */
const COMPLAINTS_MAX = 10;

/** Every error is answered as an RFC 9457 problem document. */
export const problems = fp(
  async (app) => {
    app.setErrorHandler(answer);
    app.setNotFoundHandler((request, reply) => {
      const path = request.url.split("?", 1)[0];
      return send(reply, 404, `There is no ${request.method} ${path}.`);
    });
  },
  { name: "cloudy-problems", fastify: "5.x" },
);

/** Also used for requests that never reach a route, such as a malformed URL. */
export function answer(error: FastifyError | Problem | Error, request: FastifyRequest, reply: FastifyReply) {
  if (error instanceof Problem) {
    // Others are the caller's business, or so frequent under load that a line for each would add to it.
    if (error instanceof DatabaseUnavailable) request.log.warn({ err: error }, "request failed");
    if (error.retryAfter_s !== undefined) reply.header("retry-after", String(error.retryAfter_s));
    return send(reply, error.status, error.message);
  }
  if ("validation" in error && error.validation !== undefined) {
    const complaints = error.validation.slice(0, COMPLAINTS_MAX).map(complaint);
    const detail = `The ${error.validationContext ?? "request"} is not valid: ${complaints.map(sentence).join("; ")}.`;
    return send(reply, 400, detail, complaints);
  }
  const status = "statusCode" in error ? (error.statusCode ?? 500) : 500;
  if (status < 500) return send(reply, status, error.message);
  request.log.error({ err: error }, "request failed unexpectedly");
  return send(reply, 500, `An unexpected error; the log has it under request ${request.id}.`);
}

function send(reply: FastifyReply, status: number, detail: string, errors?: readonly Complaint[]) {
  return reply
    .code(status)
    .type(MEDIA_TYPE)
    .send(problemDocument(status, detail, errors));
}

type ValidationError = NonNullable<FastifyError["validation"]>[number];

function complaint(error: ValidationError): Complaint {
  const { missingProperty, additionalProperty } = error.params;
  const property = missingProperty ?? additionalProperty;
  const pointer = typeof property === "string" ? `${error.instancePath}/${property}` : error.instancePath;
  if (missingProperty !== undefined) return { pointer, detail: "is missing" };
  if (additionalProperty !== undefined) return { pointer, detail: "is not known" };
  return { pointer, detail: error.message ?? "is not valid" };
}

function sentence({ pointer, detail }: Complaint): string {
  return pointer === "" ? `it ${detail}` : `${pointer} ${detail}`;
}
