import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, TOKEN_VARIABLE, UserError } from "@cloudy/command-line";
import { KNOCK_DEADLINE_MS, KNOCK_INTERVAL_MS, REQUEST_TIMEOUT_MS } from "./constants.ts";

/** What whoever comes to the API needs to know. */
export interface FrontDoor {
  /** Sent with every request: the token, where one is asked for. */
  readonly headers: Readonly<Record<string, string>>;
  /** What one client may ask of one instance in a minute, where there is a limit. */
  readonly requestsPerMinute: number | undefined;
}

/**
 * Asks `GET /` until it is answered, with `token` where one is asked for. Throws UserError for an API that lets nobody in: whoever
 * begins would only measure refusals.
 */
export async function knock(url: string, token: string | undefined, signal: AbortSignal): Promise<FrontDoor> {
  const open = await answer(url, {}, signal);
  if (open.status !== 401) return enter(url, open, {});
  if (token === undefined) {
    throw new UserError(
      `${url} asks for a bearer token (GET / is answered with status 401): give one by [--token] or in the environment variable ${TOKEN_VARIABLE}.`,
    );
  }
  const headers = { authorization: `Bearer ${token}` };
  const answered = await answer(url, headers, signal);
  if (answered.status === 401) {
    throw new UserError(
      `${url} does not know this bearer token, or not any more (GET / is answered with status 401): give another one by [--token] or in ${TOKEN_VARIABLE}.`,
    );
  }
  return enter(url, answered, headers);
}

function enter(url: string, { status, headers: answered }: Response, headers: FrontDoor["headers"]): FrontDoor {
  if (status === 429) {
    throw new UserError(
      `${url} has had enough of this address for now (GET / is answered with status 429): try again in ${answered.get("retry-after") ?? "60"} s.`,
    );
  }
  if (status !== 200) {
    throw new UserError(
      `${url} answers GET / with status ${status}, and 200 is expected: is this the stack's address?`,
    );
  }
  const limit = Number(answered.get("x-ratelimit-limit") ?? "");
  return { headers, requestsPerMinute: limit > 0 ? limit : undefined };
}

/** An answer below 500; whatever else comes is tried again for a while. */
async function answer(url: string, headers: FrontDoor["headers"], signal: AbortSignal): Promise<Response> {
  const deadline_ms = performance.now() + KNOCK_DEADLINE_MS;
  for (;;) {
    const ending = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
    const result = await ask(url, headers, ending);
    signal.throwIfAborted();
    if (typeof result !== "string") return result;
    if (performance.now() > deadline_ms) {
      throw new UserError(
        `${url} does not answer GET / as it should: ${result}, for ${KNOCK_DEADLINE_MS / 1000} s. Is the stack up, and is this its address?`,
      );
    }
    await sleep(KNOCK_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function ask(url: string, headers: FrontDoor["headers"], signal: AbortSignal): Promise<Response | string> {
  try {
    const response = await fetch(`${url}/`, { headers, signal });
    await response.arrayBuffer();
    return response.status >= 500 ? `status ${response.status}` : response;
  } catch (error) {
    return messageOf(error);
  }
}
