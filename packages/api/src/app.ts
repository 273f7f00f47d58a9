import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyInstance, LogController } from "fastify";
import { BODY_LIMIT_BYTES, KEEP_ALIVE_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from "./constants.ts";
import { credentialsFrom } from "./database/credentials.ts";
import { loggerOptions } from "./logging.ts";
import { answerMalformed } from "./malformed-request.ts";
import { database } from "./plugins/app/database.ts";
import { draining } from "./plugins/app/draining.ts";
import { primePool } from "./plugins/app/prime-pool.ts";
import { answer, problems } from "./plugins/app/problems.ts";
import { validation } from "./plugins/app/validation.ts";
import { openapi } from "./plugins/external/openapi.ts";
import { postgres } from "./plugins/external/postgres.ts";
import { docsRoutes } from "./routes/docs.ts";
import { healthRoutes } from "./routes/health.ts";
import { loadRoutes } from "./routes/load.ts";
import { rootRoutes } from "./routes/root.ts";
import { usersRoutes } from "./routes/users.ts";
import type { Settings } from "./settings.ts";

/** The whole service, not yet listening. */
export async function buildApp(settings: Settings): Promise<FastifyInstance> {
  const app = Fastify({
    logger: loggerOptions(settings.logLevel),
    // Two lines a request would cost more than the request; the load balancer keeps access logs.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Requests that arrive on open connections while we shut down are still served: see plugins/app/draining.ts.
    return503OnClosing: false,
    frameworkErrors: answer,
    clientErrorHandler: answerMalformed,
  }).withTypeProvider<TypeBoxTypeProvider>();
  // Bodies are JSON or refused with 415.
  app.removeContentTypeParser("text/plain");

  const credentials = credentialsFrom(settings.database);
  await app.register(problems);
  await app.register(openapi, { asksForTokens: false });
  await app.register(validation);
  await app.register(draining, { shutdown_ms: settings.shutdown_ms });
  await app.register(postgres, { credentials, connections: settings.databaseConnections });
  await app.register(database, { credentials });
  await app.register(primePool, { workers: settings.loadWorkers, queueLimit: settings.loadQueue });

  await app.register(rootRoutes, { hostname: settings.hostname });
  await app.register(healthRoutes);
  await app.register(loadRoutes);
  await app.register(usersRoutes);
  await app.register(docsRoutes);
  return app;
}
