import type { AgentStatus, RestoreStatus } from "@cloudy/contracts/agent-status.ts";
import type { Delivery } from "@cloudy/contracts/probe.ts";
import { systemClock } from "../clock.ts";
import { withDeadline } from "../deadline.ts";
import { FailoverError } from "../errors.ts";

/** Asks the agent at `host:port` for its status; throws when it does not answer in time, or not with a status. */
export async function readStatus(host: string, port: number, limit_ms: number): Promise<AgentStatus> {
  const value = await askJson(`http://${host}:${port}/status`, {}, limit_ms);
  const status = parseStatus(value.body);
  if (status === undefined) throw new FailoverError(`${host}:${port} answered something else than a status`);
  return status;
}

/** Does the agent at `host:port` reach the one of `about`? `undefined`: no clear answer. */
export async function readOpinion(
  host: string,
  port: number,
  about: { readonly instanceId: string; readonly privateIp: string },
  limit_ms: number,
): Promise<boolean | undefined> {
  try {
    const url = `http://${host}:${port}/peer?host=${encodeURIComponent(about.privateIp)}`;
    const { body } = await askJson(url, {}, limit_ms);
    const reached = field(body, "reached");
    if (typeof reached !== "boolean") return undefined;
    // An answer from another machine at that address says nothing of this one.
    if (reached && field(field(body, "status"), "instanceId") !== about.instanceId) return undefined;
    return reached;
  } catch {
    return undefined;
  }
}

/** Posts a signed message to `path`; the agent's HTTP status and sentence. */
export async function postSigned(
  host: string,
  port: number,
  path: "/grant" | "/order",
  message: unknown,
  limit_ms: number,
): Promise<Delivery> {
  const init = { method: "POST", body: JSON.stringify(message), headers: { "content-type": "application/json" } };
  const { code, body } = await askJson(`http://${host}:${port}${path}`, init, limit_ms);
  return { code, because: String(field(body, "because")) };
}

async function askJson(url: string, init: RequestInit, limit_ms: number): Promise<{ code: number; body: unknown }> {
  return withDeadline(systemClock, limit_ms, url, async (signal) => {
    const answer = await fetch(url, { ...init, signal });
    return { code: answer.status, body: await answer.json() };
  });
}

/** The status in an agent's answer, or `undefined` if it is none. Shape: docs/contracts.md. */
export function parseStatus(value: unknown): AgentStatus | undefined {
  const [instanceId, role, fileSystem, ready] = ["instanceId", "role", "fileSystem", "ready"].map((name) =>
    field(value, name),
  );
  const notReady = field(value, "notReady");
  if (typeof instanceId !== "string" || typeof ready !== "boolean") return undefined;
  if (role !== "starting" && role !== "standby" && role !== "primary" && role !== "stopping") return undefined;
  if (fileSystem !== "unknown" && fileSystem !== "ok" && fileSystem !== "unreachable") return undefined;
  const epoch = parseEpoch(field(value, "epoch"));
  if (epoch === undefined) return undefined;
  const reasons = Array.isArray(notReady) ? notReady.map(String) : [];
  const restore = parseRestore(value);
  const status: AgentStatus = { instanceId, role, epoch, fileSystem, ready, notReady: reasons };
  return restore === undefined ? status : { ...status, restore };
}

/** Only when there is something to say; from the agent (`restoreFailure` beside it) or already parsed by the probe. */
function parseRestore(value: unknown): RestoreStatus | undefined {
  const restore = field(value, "restore");
  const backup = field(restore, "backup") ?? field(restore, "running");
  const failure = field(value, "restoreFailure") ?? field(restore, "failure");
  const running = typeof backup === "string" ? backup : null;
  if (running === null && typeof failure !== "string") return undefined;
  return { running, failure: typeof failure === "string" ? failure : null };
}

function parseEpoch(value: unknown): AgentStatus["epoch"] | undefined {
  if (value === null) return null;
  const [number, holder, released] = ["number", "holder", "released"].map((name) => field(value, name));
  if (typeof number !== "number" || !Number.isSafeInteger(number)) return undefined;
  if (typeof holder !== "string" || typeof released !== "boolean") return undefined;
  return { number, holder, released };
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
