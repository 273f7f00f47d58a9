import { existsSync, readFileSync } from "node:fs";
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  type InputLogEvent,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
} from "@aws-sdk/client-cloudwatch-logs";
import type { Cancel } from "@cloudy/twin-model/clock.ts";
import { clientSettings } from "./aws-cli.ts";
import { AGENT_CONFIG, parseAgentConfig } from "./log-agent-config.ts";
import { LogTail } from "./log-tail.ts";
import type { Machine } from "./machine.ts";
import type { Unit } from "./unit.ts";

/** Bounds of one PutLogEvents, where each event counts 26 bytes beyond its text. */
const BATCH_EVENTS_MAX = 10_000;
const BATCH_BYTES_MAX = 1_048_576;
const EVENT_OVERHEAD_BYTES = 26;

interface Source {
  readonly path: string;
  readonly group: string;
  readonly stream: string;
  readonly tail: LogTail;
  /** Lines that are not sent yet, each with when it was read. */
  readonly unsent: InputLogEvent[];
  hasStream: boolean;
}

/**
 * Amazon's CloudWatch agent: sends what is appended to its files, in cloud time, with real calls of the instance's role. Lines
 * that are refused are kept and tried again, and each reason is told once.
 */
export class LogAgent implements Unit {
  readonly #machine: Machine;
  readonly #told = new Set<string>();
  #sources: readonly Source[] = [];
  #cancel: Cancel = () => {};
  #sending = Promise.resolve();
  isActive = false;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  async start(): Promise<void> {
    if (this.isActive) return;
    const path = this.#machine.path(AGENT_CONFIG);
    if (!existsSync(path)) {
      this.#tell("No json config files found, please provide config, exit now");
      return;
    }
    const { flush_s, files } = parseAgentConfig(readFileSync(path, "utf8"), this.#machine.instance.id);
    this.#sources = files.map((file) => ({
      ...file,
      tail: new LogTail(this.#machine.path(file.path)),
      unsent: [],
      hasStream: false,
    }));
    this.isActive = true;
    this.#cancel = this.#machine.surroundings.clock.every(flush_s * 1000, () => this.#flush());
  }

  /** Sends what there still is. */
  async stop(): Promise<void> {
    if (!this.isActive) return;
    this.abandon();
    this.#flush();
    await this.#sending;
  }

  abandon(): void {
    this.isActive = false;
    this.#cancel();
  }

  /** One batch after the other: events of a stream are in order. */
  #flush(): void {
    this.#sending = this.#sending.then(async () => {
      for (const source of this.#sources) await this.#send(source);
    });
  }

  async #send(source: Source): Promise<void> {
    const timestamp = Math.round(this.#machine.surroundings.clock.now());
    source.unsent.push(...source.tail.read().map((message) => ({ timestamp, message })));
    if (source.unsent.length === 0 || this.#machine.off.signal.aborted) return;
    try {
      const client = new CloudWatchLogsClient({
        ...clientSettings(this.#machine, "AWS_ENDPOINT_URL"),
        // The next flush is the next attempt.
        maxAttempts: 1,
      });
      try {
        await this.#sendWith(client, source);
      } finally {
        client.destroy();
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#tell(`cannot send ${source.path} to ${source.group}/${source.stream}: ${reason}`);
    }
  }

  async #sendWith(client: CloudWatchLogsClient, source: Source): Promise<void> {
    const name = { logGroupName: source.group, logStreamName: source.stream };
    if (!source.hasStream) {
      await client.send(new CreateLogStreamCommand(name)).catch((error) => {
        if (!(error instanceof ResourceAlreadyExistsException)) throw error;
      });
      source.hasStream = true;
    }
    while (source.unsent.length > 0) {
      const batch = source.unsent.slice(0, batchLength(source.unsent));
      await client.send(new PutLogEventsCommand({ ...name, logEvents: batch }));
      source.unsent.splice(0, batch.length);
    }
  }

  #tell(sentence: string): void {
    if (this.#told.has(sentence) || this.#machine.off.signal.aborted) return;
    this.#told.add(sentence);
    this.#machine.say(`amazon-cloudwatch-agent: ${sentence}`);
  }
}

/** How many of the events fit into one call. */
function batchLength(events: readonly InputLogEvent[]): number {
  let bytes = 0;
  const tooMany = events.findIndex(({ message = "" }, index) => {
    bytes += Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
    return index === BATCH_EVENTS_MAX || bytes > BATCH_BYTES_MAX;
  });
  return tooMany === -1 ? events.length : Math.max(1, tooMany);
}
