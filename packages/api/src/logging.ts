import type { FastifyServerOptions } from "fastify";
import { Problem } from "./problem.ts";

/**
 * JSON lines by pino. Errors are logged with the few fields that cannot hold a row's values: PostgreSQL repeats emails in
 * `detail`. URLs are left out for the same reason.
 */
export function loggerOptions(level: string): NonNullable<FastifyServerOptions["logger"]> {
  return {
    level,
    serializers: {
      err: serializeError,
      req: (request) => ({ method: request.method, url: request.routeOptions?.url ?? "(none)" }),
    },
  };
}

type LoggedError = Readonly<Record<string, unknown>> & {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
};

function serializeError(error: Error): LoggedError {
  const { cause } = error;
  return {
    type: error.name,
    message: error.message,
    ...codeOf(error),
    // An outage is no mistake of this program: where it was noticed helps nobody.
    stack: error instanceof Problem ? "" : (error.stack ?? ""),
    cause: cause instanceof Error ? { type: cause.name, message: cause.message, ...codeOf(cause) } : undefined,
  };
}

function codeOf(error: Error) {
  return "code" in error ? { code: error.code } : {};
}
