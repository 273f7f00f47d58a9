import autocannon from "autocannon";
import { LOAD_DURATION_MAX_S, LOAD_TIMEOUT_S } from "./constants.ts";

/** What came of one request: its status, or why there was none. */
export interface Outcome {
  readonly sent_ms: number;
  readonly done_ms: number;
  readonly status: number | undefined;
  readonly reason: string;
}

interface Part {
  readonly connections: number;
  stop(): void;
}

/** Connections that each ask again as soon as they were answered. Their number can be changed, which autocannon alone cannot. */
export function closedLoop(options: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly onOutcome: (outcome: Outcome) => void;
}): { resize(connections: number): void } {
  let parts: readonly Part[] = [];
  const count = () => parts.reduce((sum, part) => sum + part.connections, 0);
  return {
    resize(connections) {
      while (count() > connections) {
        parts.at(-1)?.stop();
        parts = parts.slice(0, -1);
      }
      const missing = connections - count();
      if (missing > 0) parts = [...parts, startPart(options, missing)];
    },
  };
}

function startPart({ url, headers, onOutcome }: Parameters<typeof closedLoop>[0], connections: number): Part {
  let isStopped = false;
  const load = autocannon(
    {
      url,
      headers,
      connections,
      duration: LOAD_DURATION_MAX_S,
      timeout: LOAD_TIMEOUT_S,
      // Neither a rate nor its correction for coordinated omission, which belongs to it: this is a closed loop.
    },
    // Given a callback, it returns the emitter itself instead of a promise.
    (error: unknown) => {
      if (error) throw error;
    },
  );
  load.on("response", (_, status, __, latency_ms) => {
    const done_ms = Date.now();
    if (!isStopped) onOutcome({ sent_ms: done_ms - latency_ms, done_ms, status, reason: `status ${status}` });
  });
  load.on("reqError", (error) => {
    const now_ms = Date.now();
    if (!isStopped) onOutcome({ sent_ms: now_ms, done_ms: now_ms, status: undefined, reason: error.message });
  });
  return {
    connections,
    stop() {
      // Nobody waits any more for the answers that are still to come.
      isStopped = true;
      load.stop();
    },
  };
}
