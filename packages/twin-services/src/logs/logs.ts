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

/** CloudWatch Logs: the groups of the program and what the functions write to them. */
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
    events.push(...lines.map((message) => ({ timestamp_ms, message })));
    events.splice(0, Math.max(0, events.length - STREAM_EVENTS_MAX));
    streams.set(streamName, events);
  }

  group(name: string | undefined): LogGroup {
    const group = this.#groups.get(name ?? "");
    if (group === undefined) {
      throw new AwsError("ResourceNotFoundException", `The specified log group does not exist: ${name}`);
    }
    return group;
  }
}
