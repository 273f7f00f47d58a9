import { setTimeout as pause } from "node:timers/promises";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { messageOf } from "@cloudy/command-line";
import { parseFailoverLine } from "@cloudy/contracts/failover-log.ts";
import { LOG_INTERVAL_MS } from "./constants.ts";
import type { Target } from "./target.ts";

export interface LogFollower {
  /** Reads what is there by now and ends. */
  readonly stop: () => Promise<void>;
}

/**
 * Hands on what the failover function says from now on, sentence by sentence. It is only for show: without the permission to
 * read the log it says so once and goes on.
 */
export function followLog(target: Target, say: (sentence: string) => void): LogFollower {
  const client = new CloudWatchLogsClient({ ...target.connection, maxAttempts: 1 });
  const startTime = Math.floor(target.now_ms());
  const seen = new Set<string>();
  // A scheduled invocation beside this one sees and says the same.
  const said = new Set<string>();
  const sayOnce = (sentence: string) => {
    if (!said.has(sentence)) say(sentence);
    said.add(sentence);
  };
  const read = async () => {
    try {
      for await (const { id, message } of eventsSince(client, target.logGroupName, startTime)) {
        if (seen.has(id)) continue;
        seen.add(id);
        const event = parseFailoverLine(message);
        if (event !== undefined) sayOnce(event.message);
      }
    } catch (error) {
      sayOnce(`(its log cannot be read: ${messageOf(error)})`);
    }
  };
  const over = new AbortController();
  const following = follow(read, over.signal);
  return {
    async stop() {
      over.abort();
      await following;
      await read();
      client.destroy();
    },
  };
}

async function follow(read: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await read();
    await pause(LOG_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function* eventsSince(client: CloudWatchLogsClient, logGroupName: string, startTime: number) {
  let nextToken: string | undefined;
  do {
    const page = { logGroupName, startTime, ...(nextToken === undefined ? {} : { nextToken }) };
    const answer = await client.send(new FilterLogEventsCommand(page));
    for (const { eventId, timestamp, message = "" } of answer.events ?? []) {
      yield { id: eventId ?? `${timestamp} ${message}`, message };
    }
    nextToken = answer.nextToken;
  } while (nextToken !== undefined);
}
