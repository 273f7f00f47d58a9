import "./steady-ticks.ts";

import cluster from "node:cluster";
import { fail } from "./processes/failure.ts";
import { readSettings, type Settings, SettingsError } from "./settings.ts";

function settingsOrExit(): Settings {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (error instanceof SettingsError) fail(error.message);
    throw error;
  }
}

const settings = settingsOrExit();
// Loaded only where it is needed: the primary is small without the service.
if (cluster.isWorker) {
  const { serveUnderPrimary } = await import("./processes/worker.ts");
  await serveUnderPrimary(settings);
} else if (settings.processes > 1) {
  const { leadProcesses } = await import("./processes/primary.ts");
  await leadProcesses(settings);
} else {
  const { serveAlone } = await import("./processes/alone.ts");
  await serveAlone(settings);
}
