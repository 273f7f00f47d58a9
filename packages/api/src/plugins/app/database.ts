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
export const database = fp<{ credentials: Credentials; pooler: Pooler }>(
  async (app, { credentials, pooler }) => {
    const instance = new Database(app.pg.pool, credentials, pooler, app.log);
    app.decorate("database", instance);
    app.addHook("onReady", async () => {
      void instance.becomeReady();
    });
    app.addHook("onClose", async () => instance.stop());
  },
  { name: "cloudy-database", fastify: "5.x", dependencies: ["cloudy-postgres"] },
);
