import { type AgentStatus, AgentStatusSchema } from "@cloudy/contracts/agent-status.ts";
import { parse, whyNot } from "@cloudy/contracts/document.ts";
import { MessageAnswerSchema } from "@cloudy/contracts/message-answer.ts";
import { PeerAnswerSchema } from "@cloudy/contracts/peer-answer.ts";
import type { Delivery } from "@cloudy/contracts/probe-answer.ts";
import { systemClock } from "../clock.ts";
import { withDeadline } from "../deadline.ts";
import { FailoverError } from "../errors.ts";

/** Asks the agent at `host:port` for its status; throws when it does not answer in time, or not with a status. */
export async function readStatus(host: string, port: number, limit_ms: number): Promise<AgentStatus> {
  const { body } = await askJson(`http://${host}:${port}/status`, {}, limit_ms);
  const status = AgentStatusSchema.read(body);
  if ("value" in status) return status.value;
  throw new FailoverError(`${host}:${port} answered something else than a status: ${whyNot(status)}`);
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
    const answer = parse(PeerAnswerSchema, body, url);
    // An answer from another machine at that address says nothing of this one.
    return answer.reached && answer.status.instanceId !== about.instanceId ? undefined : answer.reached;
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
  const answer = MessageAnswerSchema.read(body);
  return { code, because: "value" in answer ? answer.value.because : whyNot(answer) };
}

async function askJson(url: string, init: RequestInit, limit_ms: number): Promise<{ code: number; body: unknown }> {
  return withDeadline(systemClock, limit_ms, url, async (signal) => {
    const answer = await fetch(url, { ...init, signal });
    return { code: answer.status, body: await answer.json() };
  });
}
