import { fileURLToPath } from "node:url";
import { startDashboard } from "@cloudy/dashboard/start-dashboard.ts";
import { announce } from "./announcement.ts";
import { application } from "./application.ts";
import type { UpOptions } from "./command-line.ts";
import { bringUp } from "./twin.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Runs until Ctrl-C (or SIGTERM); resolves when nothing is left. Progress goes to stderr, the announcement to stdout. */
export async function up(options: UpOptions): Promise<void> {
  const stopping = interrupted();
  const say = (line: string) => console.error(line);
  const twin = await bringUp({
    root: ROOT,
    application,
    stack: options.stack,
    speed: options.speed,
    bootFaults: options.bootFaults,
    say,
    stopping: stopping.signal,
  });
  if (twin === undefined) return;
  try {
    const page = await startDashboard(twin);
    try {
      console.log(announce({ ...twin, pageUrl: page.url }, application, options.json ? "json" : "text"));
      await stopping.promise;
      say("Ending: stops the instances and removes everything.");
    } finally {
      await page.close();
    }
  } finally {
    await twin.stop();
  }
}

/** Aborts at the first Ctrl-C; the second one ends the process at once (the reaper cleans up behind it). */
function interrupted(): { readonly signal: AbortSignal; readonly promise: Promise<void> } {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort();
      resolve();
    });
  }
  return { signal: controller.signal, promise };
}
