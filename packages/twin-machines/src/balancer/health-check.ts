import { Agent, request } from "node:http";
import type { HealthCheck, HealthResult, Target } from "@cloudy/twin-model/load-balancer.ts";
import { ConnectError, type Fabric } from "../network/fabric.ts";
import type { Origin } from "../network/resolve.ts";
import { connectTarget } from "./target-agent.ts";

/** One health check over a connection of its own, within `timeout_ms` of wall time. */
export async function checkHealth(
  fabric: Fabric,
  origin: Origin,
  target: Target,
  check: HealthCheck,
  timeout_ms: number,
): Promise<HealthResult> {
  const started_ms = performance.now();
  const timedOut: HealthResult = { ok: false, reason: "Request timed out", code: "Target.Timeout" };
  const destination = { ...target, port: check.port };
  let socket: Awaited<ReturnType<typeof connectTarget>>;
  try {
    socket = await connectTarget(fabric, origin, destination, timeout_ms);
  } catch (error) {
    if (error instanceof ConnectError && error.code === "ETIMEDOUT") return timedOut;
    return { ok: false, reason: "Health checks failed: connection refused", code: "Target.FailedHealthChecks" };
  }
  // An agent of its own that hands out this one connection.
  const agent = Object.assign(new Agent(), { createConnection: () => socket });
  return new Promise((resolve) => {
    const host = `${target.ip}:${check.port}`;
    const headers = { host, "user-agent": "ELB-HealthChecker/2.0", connection: "close" };
    const probe = request({ agent, path: check.path, headers });
    const timer = setTimeout(() => finish(timedOut), Math.max(0, timeout_ms - (performance.now() - started_ms)));
    const finish = (result: HealthResult) => {
      clearTimeout(timer);
      resolve(result);
      probe.destroy();
      socket.destroy();
    };
    probe.once("response", (response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      if (matchesCode(check.matcher, status)) finish({ ok: true, reason: `answered ${status}` });
      else {
        const reason = `Health checks failed with these codes: [${status}]`;
        finish({ ok: false, reason, code: "Target.ResponseCodeMismatch" });
      }
    });
    probe.on("error", () => {
      finish({ ok: false, reason: "Health checks failed: the connection broke", code: "Target.FailedHealthChecks" });
    });
    probe.end();
  });
}

/** Success codes as a target group writes them: `200`, `200,202` or `200-299`. */
export function matchesCode(matcher: string, status: number): boolean {
  return matcher.split(",").some((part) => {
    const [low = "", high = low] = part.trim().split("-");
    return Number(low) <= status && status <= Number(high);
  });
}
