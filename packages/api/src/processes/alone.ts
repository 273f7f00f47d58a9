import { setTimeout as delay } from "node:timers/promises";
import closeWithGrace from "close-with-grace";
import { buildApp } from "../app.ts";
import { FIRST_REACH_MS } from "../constants.ts";
import type { Settings } from "../settings.ts";
import { cannotListen, fail } from "./failure.ts";

/** All of the service in this process. */
export async function serveAlone(settings: Settings): Promise<void> {
  const app = await buildApp(settings);

  closeWithGrace({ delay: settings.shutdown_ms, logger: app.log }, async ({ err }) => {
    if (err) app.log.fatal({ err }, "an unexpected error ends this process");
    await app.close();
  });

  await app.ready();
  await Promise.race([app.database.reached, delay(FIRST_REACH_MS)]);
  try {
    await app.listen({ host: settings.host, port: settings.port });
  } catch (error) {
    fail(cannotListen(settings, error));
  }
}
