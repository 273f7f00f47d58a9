import { messageOf } from "@cloudy/command-line";
import {
  HOSTNAME_INTERVAL_MS,
  HOSTNAME_UNDER_WAY_MAX,
  PAUSE_JITTER,
  REQUEST_TIMEOUT_MS,
  WRITE_INTERVAL_MS,
  WRITES_UNDER_WAY_MAX,
} from "./constants.ts";
import type { RequestFailure } from "./generator-contract.ts";
import type { Ledger } from "./ledger.ts";

/** The light requests beside the load: writes that are accounted for one by one, and who answers `GET /`. */
export interface Traffic {
  /** Responses to `GET /` by the hostname in them. */
  readonly responses: ReadonlyMap<string, number>;
  /** Sends no more and waits for the answers that are still to come. */
  stop(): Promise<void>;
}

export function startTraffic(options: {
  readonly url: string;
  readonly ledger: Ledger;
  readonly prefix: string;
  readonly random: () => number;
  readonly onFailure: (failure: RequestFailure) => void;
}): Traffic {
  const responses = new Map<string, number>();
  let count = 0;

  async function write(): Promise<void> {
    count += 1;
    // A new name for each attempt, also after a failure: whether the failed one was stored stays unknown for good.
    const username = `${options.prefix}-${count}`;
    const sent_ms = Date.now();
    options.ledger.send(username, sent_ms);
    const failure = await attempt("POST /users", sent_ms, async () => {
      const response = await fetch(`${options.url}/users`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ username, email: `${username}@example.com` }),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      await response.arrayBuffer();
      return response.status === 201 ? undefined : `status ${response.status}`;
    });
    options.ledger.settle(username, failure === undefined ? "acknowledged" : "unknown", Date.now());
    if (failure !== undefined) options.onFailure(failure);
  }
  async function ask(): Promise<void> {
    const failure = await attempt("GET /", Date.now(), async () => {
      const response = await fetch(`${options.url}/`, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
      const body = (await response.json()) as { readonly hostname?: unknown };
      if (response.status !== 200) return `status ${response.status}`;
      if (typeof body.hostname !== "string") return "an answer without a hostname";
      responses.set(body.hostname, (responses.get(body.hostname) ?? 0) + 1);
      return undefined;
    });
    if (failure !== undefined) options.onFailure(failure);
  }
  const writer = repeat(write, WRITE_INTERVAL_MS, WRITES_UNDER_WAY_MAX, options.random);
  const asker = repeat(ask, HOSTNAME_INTERVAL_MS, HOSTNAME_UNDER_WAY_MAX, options.random);
  return {
    responses,
    async stop() {
      await Promise.all([writer.stop(), asker.stop()]);
    },
  };
}

async function attempt(
  request: RequestFailure["request"],
  sent_ms: number,
  send: () => Promise<string | undefined>,
): Promise<RequestFailure | undefined> {
  const reason = await send().catch((error: unknown) => messageOf(error));
  return reason === undefined ? undefined : { request, sent_ms, done_ms: Date.now(), reason };
}

/** Starts a task at intervals whether or not earlier ones have ended, as long as fewer than `most` are under way. */
function repeat(task: () => Promise<void>, interval_ms: number, most: number, random: () => number) {
  const underWay = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  const next = () => {
    timer = setTimeout(
      () => {
        if (underWay.size < most) {
          const run = task().finally(() => underWay.delete(run));
          underWay.add(run);
        }
        next();
      },
      interval_ms * (1 + PAUSE_JITTER * (2 * random() - 1)),
    );
  };
  next();
  return {
    async stop() {
      clearTimeout(timer);
      await Promise.all(underWay);
    },
  };
}
