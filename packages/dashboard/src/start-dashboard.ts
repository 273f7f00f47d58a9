import type { ClockReading } from "@cloudy/observer/clock.ts";
import type { Connection } from "@cloudy/observer/connection.ts";
import { observe } from "@cloudy/observer/observe.ts";
import { parseOutputs } from "@cloudy/observer/outputs.ts";
import type { Run } from "@cloudy/observer/run.ts";
import { servePage } from "./serve-page.ts";

/** A page that watches a system, without load of its own. Polls faster while somebody looks at it. */
export async function startDashboard(options: {
  readonly connection: Connection;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly clock: ClockReading;
  /** Of the page. */
  readonly title: string;
  readonly port?: number;
}): Promise<{ readonly url: string; close(): Promise<void> }> {
  const names = parseOutputs(options.outputs);
  const observer = observe({ connection: options.connection, names, clock: options.clock });
  observer.watch(false);
  const start_ms = observer.now();
  const run = (): Run => ({
    title: options.title,
    status: "watching",
    headline: headline(observer.view()),
    speed: options.clock.speed,
    start_ms,
    now_ms: observer.now(),
    promises: [],
    voided: [],
    phases: [],
    load: [],
    responses: [],
    system: observer.view(),
    facts: [
      ["Region", options.connection.region],
      ["API", options.connection.endpoint ?? "AWS"],
      ["Speed", `${options.clock.speed} x`],
    ],
  });
  try {
    const page = await servePage({
      run,
      ...(options.port === undefined ? {} : { port: options.port }),
      onViewers: (count) => observer.watch(count > 0),
    });
    return {
      url: page.url,
      async close() {
        await page.close();
        await observer.close();
      },
    };
  } catch (error) {
    await observer.close();
    throw error;
  }
}

/** The state of the system in one sentence. */
function headline(view: Run["system"]): string {
  const healthy = view.targets.filter((target) => target.state === "healthy").length;
  if (view.web === undefined) return "Looking at the system";
  const web = `${healthy} of ${view.web.desired} web instances take requests`;
  const active = view.roles.at(-1)?.instanceId;
  if (view.route === undefined) return web;
  return `${web}; ${active === undefined ? "no database is active" : `${active} is the active database`}`;
}
