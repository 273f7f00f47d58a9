import closeWithGrace from "close-with-grace";
import { buildApp } from "./app.ts";
import { readSettings, type Settings, SettingsError } from "./settings.ts";

/** The operator's mistakes (settings, a port in use) are one message on stderr and exit code 1. */
function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function settingsOrExit(): Settings {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (error instanceof SettingsError) fail(error.message);
    throw error;
  }
}

const settings = settingsOrExit();
const app = await buildApp(settings);

closeWithGrace({ delay: settings.shutdown_ms, logger: app.log }, async ({ err }) => {
  if (err) app.log.fatal({ err }, "an unexpected error ends this process");
  await app.close();
});

try {
  await app.listen({ host: settings.host, port: settings.port });
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  fail(`Cannot start on HOST=${settings.host} PORT=${settings.port}: ${reason}.`);
}
