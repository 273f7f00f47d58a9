import { fileURLToPath } from "node:url";
import { TOKEN_VARIABLE } from "@cloudy/command-line";
import { startDashboard } from "@cloudy/dashboard/start-dashboard.ts";
import { announce } from "./announcement.ts";
import { application } from "./application.ts";
import type { UpOptions } from "./command-line.ts";
import { bringUp, type Twin } from "./twin.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Runs until Ctrl-C (or SIGTERM); resolves when nothing is left. Progress goes to stderr, the announcement to stdout. */
export async function up(options: UpOptions): Promise<void> {
  const stopping = interrupted();
  const say = (line: string) => console.error(line);
  const twin = await bringUp({
    root: ROOT,
    application,
    stacks: options.stacks,
    changes: options.config,
    speed: options.speed,
    bootFaults: options.bootFaults,
    standIns: options.standIns ? { token: process.env[TOKEN_VARIABLE] || undefined } : undefined,
    say,
    stopping: stopping.signal,
  });
  if (twin === undefined) return;
  try {
    const pages = await openPages(twin);
    try {
      const stacks = twin.stacks.map((stack, index) => ({ ...stack, pageUrl: pages[index]?.url ?? "" }));
      console.log(announce({ ...twin, stacks }, application, options.json ? "json" : "text"));
      await stopping.promise;
      say("Ending: stops the instances and removes everything.");
    } finally {
      await Promise.all(pages.map((page) => page.close()));
    }
  } finally {
    await twin.stop();
  }
}

/** A live page for each stack. */
function openPages({ connection, clock, stacks }: Twin) {
  const title = (stack: string) => (stacks.length === 1 ? application.name : `${application.name} ${stack}`);
  return Promise.all(
    stacks.map(({ stack, outputs }) => startDashboard({ connection, clock, outputs, title: title(stack) })),
  );
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
