import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyInstance, LogController } from "fastify";
import { Connections } from "./connections.ts";
import { BODY_LIMIT_BYTES, CONNECTION_LIMITS, type ConnectionLimits } from "./constants.ts";
import { credentialsFrom } from "./database/credentials.ts";
import { createPrimePool } from "./load/prime-pool.ts";
import { loggerOptions } from "./logging.ts";
import { access } from "./plugins/app/access.ts";
import { connections } from "./plugins/app/connections.ts";
import { database } from "./plugins/app/database.ts";
import { draining } from "./plugins/app/draining.ts";
import { jsonBody } from "./plugins/app/json-body.ts";
import { metrics } from "./plugins/app/metrics.ts";
import { primePool } from "./plugins/app/prime-pool.ts";
import { answer, problems } from "./plugins/app/problems.ts";
import { validation } from "./plugins/app/validation.ts";
import { openapi } from "./plugins/external/openapi.ts";
import { postgres } from "./plugins/external/postgres.ts";
import { rateLimit } from "./plugins/external/rate-limit.ts";
import { securityHeaders } from "./plugins/external/security-headers.ts";
import type { PrimaryLink } from "./processes/primary-link.ts";
import { docsRoutes } from "./routes/docs.ts";
import { healthRoutes } from "./routes/health.ts";
import { loadRoutes } from "./routes/load.ts";
import { rootRoutes } from "./routes/root.ts";
import { usersRoutes } from "./routes/users.ts";
import type { Settings } from "./settings.ts";

/** What an app is built with beyond its settings. */
interface Surroundings {
  /** Given where it is one of several processes of an instance. */
  readonly primary?: PrimaryLink;
  readonly limits?: ConnectionLimits;
}

/** The whole service, not yet listening. */
export async function buildApp(
  settings: Settings,
  { primary, limits = CONNECTION_LIMITS }: Surroundings = {},
): Promise<FastifyInstance> {
  const gentle = new Connections(limits);
  const app = Fastify({
    logger: loggerOptions(settings.logLevel),
    // Two lines a request would cost more than the request; the load balancer keeps access logs.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    keepAliveTimeout: limits.keepAliveTimeout_ms,
    requestTimeout: limits.requestTimeout_ms,
    http: {
      headersTimeout: limits.headersTimeout_ms,
      connectionsCheckingInterval: limits.checkInterval_ms,
      // Node would answer without a problem document: see plugins/app/connections.ts.
      requireHostHeader: false,
    },
    // Requests that arrive on open connections while we shut down are still served: see plugins/app/draining.ts.
    return503OnClosing: false,
    // As many of the last hops of X-Forwarded-For as there are proxies of ours; the rest is the client's own word.
    trustProxy: (_address, hop) => hop < settings.proxies,
    frameworkErrors: answer,
    clientErrorHandler: (error, socket) => gentle.refuse(error, socket),
  }).withTypeProvider<TypeBoxTypeProvider>();
  const credentials = credentialsFrom(settings.database);
  // First, so that refusals have them too.
  await app.register(securityHeaders);
  await app.register(connections, { connections: gentle });
  await app.register(problems);
  const { requestsPerMinute: requests } = settings;
  if (requests !== undefined) await app.register(rateLimit, { requests, primary });
  if (settings.tokens !== undefined) await app.register(access, { source: settings.tokens });
  await app.register(openapi, {
    asksForTokens: settings.tokens !== undefined,
    limitsRequests: settings.requestsPerMinute !== undefined,
  });
  await app.register(jsonBody);
  await app.register(validation);
  await app.register(draining, { shutdown_ms: settings.shutdown_ms });
  const pooler = settings.databasePooler;
  await app.register(postgres, { credentials, connections: settings.databaseConnections, pooler });
  await app.register(database, { credentials, pooler });
  await app.register(primePool, { pool: primary?.primePool ?? createPrimePool(settings) });
  if (settings.metrics !== undefined) await app.register(metrics, { address: settings.metrics, primary });

  await app.register(rootRoutes, { hostname: settings.hostname });
  await app.register(healthRoutes);
  await app.register(loadRoutes);
  await app.register(usersRoutes);
  await app.register(docsRoutes);
  return app;
}
