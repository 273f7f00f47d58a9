import { arn } from "@cloudy/twin-model/arn.ts";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Graph } from "@cloudy/twin-model/graph.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import { AwsError } from "@cloudy/twin-wire/operation.ts";

export interface LogEvent {
  readonly timestamp_ms: number;
  readonly message: string;
}

interface LogGroup {
  readonly name: string;
  readonly retention_days: number | undefined;
  readonly created_ms: number;
  readonly streams: Map<string, LogEvent[]>;
}

/** Older lines of a stream are dropped: a twin that stays up for days must not grow for days. */
const STREAM_EVENTS_MAX = 20_000;

/** Bounds of one PutLogEvents; each event counts 26 bytes beyond its text. */
const BATCH_EVENTS_MAX = 10_000;
const BATCH_BYTES_MAX = 1_048_576;
const EVENT_OVERHEAD_BYTES = 26;

/** CloudWatch Logs: the groups of the program and what functions and instances write to them. */
export class Logs {
  readonly #graph: Graph;
  readonly #clock: Clock;
  readonly #groups: ReadonlyMap<string, LogGroup>;

  constructor(graph: Graph, clock: Clock) {
    this.#graph = graph;
    this.#clock = clock;
    this.#groups = new Map(
      graph.ofType("aws:cloudwatch/logGroup:LogGroup").map((resource) => {
        const properties = propertiesOf(resource);
        const name = properties.text("name");
        const retention_days = properties.optionalNumber("retentionInDays");
        return [name, { name, retention_days, created_ms: clock.now(), streams: new Map() }];
      }),
    );
  }

  all(): readonly LogGroup[] {
    return [...this.#groups.values()];
  }

  has(groupName: string): boolean {
    return this.#groups.has(groupName);
  }

  arn(groupName: string): string {
    return arn(this.#graph, "logs", `log-group:${groupName}`);
  }

  /** Appends lines with the present cloud time; the stream is made when it does not exist. */
  write(groupName: string, streamName: string, lines: readonly string[]): void {
    const { streams } = this.group(groupName);
    const events = streams.get(streamName) ?? [];
    const timestamp_ms = Math.round(this.#clock.now());
    this.#append(
      events,
      lines.map((message) => ({ timestamp_ms, message })),
    );
    streams.set(streamName, events);
  }

  createStream(groupName: string | undefined, streamName: string): void {
    const { streams } = this.group(groupName);
    if (streams.has(streamName)) {
      throw new AwsError("ResourceAlreadyExistsException", "The specified log stream already exists");
    }
    streams.set(streamName, []);
  }

  /** Appends a batch of somebody's own events. */
  put(groupName: string | undefined, streamName: string | undefined, batch: readonly LogEvent[]): void {
    const events = this.group(groupName).streams.get(streamName ?? "");
    if (events === undefined) {
      throw new AwsError("ResourceNotFoundException", "The specified log stream does not exist.");
    }
    const bytes = batch.reduce((sum, { message }) => sum + Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES, 0);
    if (batch.length === 0 || batch.length > BATCH_EVENTS_MAX || bytes > BATCH_BYTES_MAX) {
      throw new AwsError(
        "InvalidParameterException",
        `Log events in a single PutLogEvents request must be 1 to ${BATCH_EVENTS_MAX} and at most ${BATCH_BYTES_MAX} bytes, not ${batch.length} with ${bytes} bytes.`,
      );
    }
    if (batch.some(({ timestamp_ms }, index) => timestamp_ms < (batch[index - 1]?.timestamp_ms ?? 0))) {
      throw new AwsError(
        "InvalidParameterException",
        "Log events in a single PutLogEvents request must be in chronological order.",
      );
    }
    this.#append(events, batch);
  }

  #append(events: LogEvent[], added: readonly LogEvent[]): void {
    events.push(...added);
    events.splice(0, Math.max(0, events.length - STREAM_EVENTS_MAX));
  }

  group(name: string | undefined): LogGroup {
    const group = this.#groups.get(name ?? "");
    if (group === undefined) {
      throw new AwsError("ResourceNotFoundException", `The specified log group does not exist: ${name}`);
    }
    return group;
  }
}
