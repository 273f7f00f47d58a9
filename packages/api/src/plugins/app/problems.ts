import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import { BODY_LIMIT_BYTES } from "../../constants.ts";
import { type Complaint, DatabaseUnavailable, PROBLEM_MEDIA_TYPE, Problem, problemDocument } from "../../problem.ts";

/** More complaints than this help nobody. */
const COMPLAINTS_MAX = 10;

/** Where Fastify's own words leave open what to do. */
const DETAILS: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: `The body is larger than ${BODY_LIMIT_BYTES} bytes.`,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "The body must be JSON: send it as application/json.",
};

/** Every error is answered as an RFC 9457 problem document. */
export const problems = fp(
  async (app) => {
    const methods = new Map<string, Set<string>>();
    app.addHook("onRoute", (route) => {
      const known = methods.get(route.url) ?? new Set<string>();
      methods.set(route.url, known);
      for (const method of [route.method].flat()) known.add(method);
    });
    app.setErrorHandler(answer);
    // Needed for the hook below to run; the hook is early enough that the body is neither read nor judged.
    app.setNotFoundHandler(() => undefined);
    // By callback: a promise for each request costs more than the look at it.
    app.addHook("onRequest", (request, _reply, done) => {
      if (!request.is404) return done();
      const path = request.url.split("?", 1)[0] ?? "";
      const allowed = methods.get(path);
      if (allowed === undefined) return done(new Problem(404, `There is no ${path}.`));
      const allow = [...allowed].sort().join(", ");
      done(new Problem(405, `${path} does not take ${request.method}, only ${allow}.`, { headers: { allow } }));
    });
  },
  { name: "cloudy-problems", fastify: "5.x", dependencies: ["cloudy-connections"] },
);

/** Also used for requests that never reach a route, such as a malformed URL. */
export function answer(error: FastifyError | Problem | Error, request: FastifyRequest, reply: FastifyReply) {
  if (error instanceof Problem) {
    // Others are the caller's business, or so frequent under load that a line for each would add to it.
    if (error instanceof DatabaseUnavailable) request.log.warn({ err: error }, "request failed");
    return send(reply.headers(error.headers), error.status, error.message, wholly(error.status, error.message));
  }
  if ("validation" in error && error.validation !== undefined) {
    const complaints = error.validation.slice(0, COMPLAINTS_MAX).map(complaint);
    const part = error.validationContext === "querystring" ? "query" : (error.validationContext ?? "request");
    return send(reply, 400, `The ${part} is not valid: ${complaints.map(sentence).join("; ")}.`, complaints);
  }
  const status = "statusCode" in error ? (error.statusCode ?? 500) : 500;
  if (status >= 500) {
    request.log.error({ err: error }, "request failed unexpectedly");
    return send(reply, 500, `An unexpected error; the log has it under request ${request.id}.`);
  }
  const detail = ("code" in error && DETAILS[error.code]) || error.message;
  return send(reply, status, detail, wholly(status, error.message));
}

/** Every 400 says what is wrong and where; here it is no part of the request but all of it. */
function wholly(status: number, message: string): readonly Complaint[] | undefined {
  return status === 400 ? [{ path: "", message }] : undefined;
}

function send(reply: FastifyReply, status: number, detail: string, errors?: readonly Complaint[]) {
  // Fastify closes the connection wherever a body is refused; it can go on once the rest of the body was read.
  reply.removeHeader("connection");
  const rest = reply.server.connections.discardBody(reply.request.raw, reply.raw);
  if (rest === "too-much") reply.header("connection", "close");
  return reply
    .code(status)
    .type(PROBLEM_MEDIA_TYPE)
    .send(problemDocument(status, detail, errors));
}

type ValidationError = NonNullable<FastifyError["validation"]>[number];

function complaint(error: ValidationError): Complaint {
  const { missingProperty, additionalProperty } = error.params;
  const property = missingProperty ?? additionalProperty;
  const path = typeof property === "string" ? `${error.instancePath}/${pointerToken(property)}` : error.instancePath;
  if (missingProperty !== undefined) return { path, message: "is missing" };
  if (additionalProperty !== undefined) return { path, message: "is not known" };
  return { path, message: error.message ?? "is not valid" };
}

/** RFC 6901. */
function pointerToken(property: string): string {
  return property.replaceAll("~", "~0").replaceAll("/", "~1");
}

function sentence({ path, message }: Complaint): string {
  return path === "" ? `it ${message}` : `${path} ${message}`;
}
