import fp from "fastify-plugin";
import type { Credentials } from "../../database/credentials.ts";
import { Database } from "../../database/database.ts";
import type { Pooler } from "../../database/pooler.ts";

declare module "fastify" {
  interface FastifyInstance {
    database: Database;
  }
}

/** The database behind the pool; the server starts and serves without waiting for it. */
export const database = fp<{ credentials: Credentials; pooler: Pooler; onReached?: () => void }>(
  async (app, { credentials, pooler, onReached }) => {
    const instance = new Database(app.pg.pool, credentials, pooler, app.log);
    app.decorate("database", instance);
    app.addHook("onReady", async () => {
      void instance.becomeReady().then(onReached);
    });
    app.addHook("onClose", async () => instance.stop());
  },
  { name: "cloudy-database", fastify: "5.x", dependencies: ["cloudy-postgres"] },
);
