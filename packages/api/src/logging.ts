import type { FastifyServerOptions } from "fastify";

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
  return {
    type: error.name,
    message: error.message,
    code: "code" in error ? error.code : undefined,
    stack: error.stack ?? "",
    cause: error.cause instanceof Error ? serializeError(error.cause) : undefined,
  };
}
