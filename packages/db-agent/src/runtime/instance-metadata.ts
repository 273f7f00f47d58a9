import { setTimeout as sleep } from "node:timers/promises";
import { REQUEST_TIMEOUT_MS, RETRY_MAX_MS, RETRY_MIN_MS } from "../constants.ts";
import { withDeadline } from "../deadline.ts";
import { AgentError, messageOf } from "../errors.ts";
import { log } from "../log.ts";

/** This instance's id from IMDSv2; asks until it is answered. */
export async function readInstanceId(endpoint: string): Promise<string> {
  for (let retry_ms = RETRY_MIN_MS; ; retry_ms = Math.min(retry_ms * 2, RETRY_MAX_MS)) {
    try {
      return await withDeadline(REQUEST_TIMEOUT_MS, `instance metadata at ${endpoint}`, (signal) =>
        ask(endpoint, signal),
      );
    } catch (error) {
      log("warn", `the instance id could not be read: ${messageOf(error)}`, {
        code: "instance-id-unread",
        retryIn_ms: retry_ms,
      });
      await sleep(retry_ms);
    }
  }
}

async function ask(endpoint: string, signal: AbortSignal): Promise<string> {
  const token = await text(`${endpoint}/latest/api/token`, {
    method: "PUT",
    headers: { "x-aws-ec2-metadata-token-ttl-seconds": "60" },
    signal,
  });
  return text(`${endpoint}/latest/meta-data/instance-id`, { headers: { "x-aws-ec2-metadata-token": token }, signal });
}

async function text(url: string, init: RequestInit): Promise<string> {
  const response = await fetch(url, init);
  const body = await response.text();
  if (!response.ok || body === "") throw new AgentError(`${url} answered ${response.status}`);
  return body.trim();
}
