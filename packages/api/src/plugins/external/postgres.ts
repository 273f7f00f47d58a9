import fastifyPostgres from "@fastify/postgres";
import fp from "fastify-plugin";
import pg from "pg";
import { CONNECT_TIMEOUT_MS, STATEMENT_TIMEOUT_MS, TCP_KEEP_ALIVE_DELAY_MS } from "../../constants.ts";
import type { Credentials } from "../../database/credentials.ts";
import type { Pooler } from "../../database/pooler.ts";

/**
 * Every statement here has one good plan, whatever its values are; PostgreSQL would plan a listing each time, a third of
 * what it costs. A plan is kept as long as the connection, so one of a nearly empty table must walk the index as well.
 * `options` in DATABASE_URL take the place of these.
 */
const PLANNING = "-c plan_cache_mode=force_generic_plan -c enable_sort=off";

/** What a session is to keep as long as it lives. PgBouncer and RDS Proxy refuse connections that ask for it. */
const SESSION_SETTINGS = { statement_timeout: STATEMENT_TIMEOUT_MS, options: PLANNING };

/** The connection pool. Each new connection uses the credentials of that moment. */
export const postgres = fp<{ credentials: Credentials; connections: number; pooler: Pooler }>(
  async (app, { credentials, connections, pooler }) => {
    class CurrentClient extends pg.Client {
      constructor(config?: string | pg.ClientConfig) {
        super({ ...(typeof config === "object" ? config : {}), ...credentials.current() });
      }
    }
    await app.register(fastifyPostgres, {
      Client: CurrentClient,
      max: connections,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: TCP_KEEP_ALIVE_DELAY_MS,
      application_name: "cloudy-api",
      ...(pooler === "none" ? SESSION_SETTINGS : {}),
    });
  },
  { name: "cloudy-postgres", fastify: "5.x" },
);
