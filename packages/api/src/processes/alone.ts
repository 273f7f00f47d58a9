import closeWithGrace from "close-with-grace";
import { buildApp } from "../app.ts";
import type { Settings } from "../settings.ts";
import { cannotListen, fail } from "./failure.ts";

/** All of the service in this process. */
export async function serveAlone(settings: Settings): Promise<void> {
  const app = await buildApp(settings);

  closeWithGrace({ delay: settings.shutdown_ms, logger: app.log }, async ({ err }) => {
    if (err) app.log.fatal({ err }, "an unexpected error ends this process");
    await app.close();
  });

  try {
    await app.listen({ host: settings.host, port: settings.port });
  } catch (error) {
    fail(cannotListen(settings, error));
  }
}
