import type { FastifyInstance } from "fastify";
import { onTestFinished, vi } from "vitest";
import { buildApp } from "../src/app.ts";
import { CONNECTION_LIMITS, type ConnectionLimits } from "../src/constants.ts";
import { readSettings } from "../src/settings.ts";

/** The service of this environment, ready but not listening; closed when the test ends. */
export async function startService(
  environment: Record<string, string>,
  limits: Partial<ConnectionLimits> = {},
): Promise<FastifyInstance> {
  const settings = readSettings({ HOSTNAME: "web-1", LOG_LEVEL: "silent", ...environment });
  const app = await buildApp(settings, { limits: { ...CONNECTION_LIMITS, ...limits } });
  onTestFinished(() => app.close());
  await app.ready();
  return app;
}

/** Waits until `/readyz` says that the database answers. */
export async function untilReady(app: FastifyInstance): Promise<void> {
  await vi.waitFor(
    async () => {
      const response = await app.inject("/readyz");
      if (response.statusCode !== 200) throw new Error(response.body);
    },
    { timeout: 15_000, interval: 50 },
  );
}

export function post(app: FastifyInstance, payload: unknown, headers: Record<string, string> = {}) {
  return app.inject({
    method: "POST",
    url: "/users",
    headers: { "content-type": "application/json", ...headers },
    payload: typeof payload === "string" ? payload : JSON.stringify(payload),
  });
}
