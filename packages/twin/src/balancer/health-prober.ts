import { request } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock, HealthCheck, HealthProber, Target } from "../cloud/contract.ts";
import type { TargetConnections } from "./target-connections.ts";

/** Under load a check waits for the machine, not for the target: never give up sooner than this (wall time). */
const TIMEOUT_MS_MIN = 500;

/** Checks targets over a new connection each time, as load balancers do. */
export class LiveHealthProber implements HealthProber {
  readonly #connections: TargetConnections;
  readonly #clock: Clock;

  constructor(connections: TargetConnections, clock: Clock) {
    this.#connections = connections;
    this.#clock = clock;
  }

  async check(loadBalancerArn: string, target: Target, check: HealthCheck): Promise<{ ok: boolean; reason: string }> {
    const signal = AbortSignal.timeout(Math.max(TIMEOUT_MS_MIN, check.timeout_ms / this.#clock.speed));
    const port = check.port;
    try {
      const socket = await this.#connections.open(loadBalancerArn, { ...target, port }, signal);
      const status = await statusOf(socket, check.path, `${target.ip}:${port}`, signal);
      return matches(check.matcher, status)
        ? { ok: true, reason: "" }
        : { ok: false, reason: `Health checks failed with these codes: [${status}]` };
    } catch (error) {
      const reason = signal.aborted ? "Request timed out" : `Health checks failed (${(error as Error).message})`;
      return { ok: false, reason };
    }
  }
}

function statusOf(socket: Duplex, path: string, host: string, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const check = request({
      createConnection: () => socket,
      path,
      signal,
      headers: { host, "user-agent": "ELB-HealthChecker/2.0", connection: "close" },
    });
    check.on("response", (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    check.on("error", (error) => {
      socket.destroy();
      reject(error);
    });
    check.end();
  });
}

/** Matchers are lists of codes and ranges: `200`, `200,302`, `200-299`. */
export function matches(matcher: string, status: number): boolean {
  return matcher.split(",").some((part) => {
    const [low = Number.NaN, high = low] = part.split("-").map(Number);
    return status >= low && status <= high;
  });
}
