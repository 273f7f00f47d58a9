import closeWithGrace from "close-with-grace";
import { buildApp } from "../app.ts";
import type { Settings } from "../settings.ts";
import { HandedConnections } from "./handed-connections.ts";
import { PRIMARY_SIGNALS, PrimaryLink } from "./primary-link.ts";

/** One of several processes: the primary hands it connections, and tells it when to end. */
export async function serveUnderPrimary(settings: Settings): Promise<void> {
  const primary = new PrimaryLink();
  const app = await buildApp(settings, { primary });

  const connections = new HandedConnections(app.server);
  app.addHook("preClose", () => connections.ended(settings.shutdown_ms));

  const ending = closeWithGrace(
    { delay: settings.shutdown_ms, logger: app.log, skip: [...PRIMARY_SIGNALS] },
    async ({ err }) => {
      if (err) app.log.fatal({ err }, "an unexpected error ends this process");
      await app.close();
    },
  );
  void primary.drained.then(() => ending.close());

  await app.ready();
  void app.database.reached.then(() => primary.send({ kind: "database-reached" }));
  primary.serve(connections);
}
