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
  /** Sends no more and waits for nothing: what is under way is cut off, and nobody is told of it. */
  cut(): Promise<void>;
}

export function startTraffic(options: {
  readonly url: string;
  readonly ledger: Ledger;
  readonly prefix: string;
  readonly random: () => number;
  readonly onFailure: (failure: RequestFailure) => void;
  readonly headers?: Readonly<Record<string, string>>;
  /** Longer pauses, for an API that limits its clients: 2 is half as many requests. */
  readonly slowness?: number;
}): Traffic {
  const { headers = {}, slowness = 1 } = options;
  const responses = new Map<string, number>();
  const cutting = new AbortController();
  const patience = () => AbortSignal.any([cutting.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
  const tell = (failure: RequestFailure | undefined) => {
    if (failure !== undefined && !cutting.signal.aborted) options.onFailure(failure);
  };
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
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify({ username, email: `${username}@example.com` }),
        signal: patience(),
      });
      await response.arrayBuffer();
      return response.status === 201 ? undefined : `status ${response.status}`;
    });
    options.ledger.settle(username, failure === undefined ? "acknowledged" : "unknown", Date.now());
    tell(failure);
  }
  async function ask(): Promise<void> {
    const failure = await attempt("GET /", Date.now(), async () => {
      const response = await fetch(`${options.url}/`, { headers, signal: patience() });
      if (response.status !== 200) {
        await response.arrayBuffer();
        return `status ${response.status}`;
      }
      const body = (await response.json()) as { readonly hostname?: unknown };
      if (typeof body.hostname !== "string") return "an answer without a hostname";
      responses.set(body.hostname, (responses.get(body.hostname) ?? 0) + 1);
      return undefined;
    });
    tell(failure);
  }
  const writer = repeat(write, WRITE_INTERVAL_MS * slowness, WRITES_UNDER_WAY_MAX, options.random);
  const asker = repeat(ask, HOSTNAME_INTERVAL_MS * slowness, HOSTNAME_UNDER_WAY_MAX, options.random);
  async function stop(): Promise<void> {
    await Promise.all([writer.stop(), asker.stop()]);
  }
  return {
    responses,
    stop,
    cut() {
      cutting.abort();
      return stop();
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
