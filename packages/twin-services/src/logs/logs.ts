import type {
  DescribeLogGroupsRequest,
  DescribeLogGroupsResponse,
  DescribeLogStreamsRequest,
  DescribeLogStreamsResponse,
  FilterLogEventsRequest,
  FilterLogEventsResponse,
  GetLogEventsRequest,
  GetLogEventsResponse,
} from "@aws-sdk/client-cloudwatch-logs";
import { arn } from "@cloudy/twin-model/arn.ts";
import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Graph, Supported } from "@cloudy/twin-model/graph.ts";
import { propertiesOf } from "@cloudy/twin-model/properties.ts";
import { type Access, AwsError, type Operations, operation } from "@cloudy/twin-wire/operation.ts";

interface LogEvent {
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
const PAGE_EVENTS_MAX = 10_000;

/** CloudWatch Logs: the groups of the program and what the functions write to them. */
export class Logs {
  readonly operations: Operations;
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
    this.operations = this.#operations();
  }

  has(groupName: string): boolean {
    return this.#groups.has(groupName);
  }

  arn(groupName: string): string {
    return arn(this.#graph, "logs", `log-group:${groupName}`);
  }

  /** Appends lines with the present cloud time; the stream is made when it does not exist. */
  write(groupName: string, streamName: string, lines: readonly string[]): void {
    const { streams } = this.#group(groupName);
    const events = streams.get(streamName) ?? [];
    const timestamp_ms = Math.round(this.#clock.now());
    events.push(...lines.map((message) => ({ timestamp_ms, message })));
    events.splice(0, Math.max(0, events.length - STREAM_EVENTS_MAX));
    streams.set(streamName, events);
  }

  #group(name: string | undefined): LogGroup {
    const group = this.#groups.get(name ?? "");
    if (group === undefined) {
      throw new AwsError("ResourceNotFoundException", `The specified log group does not exist: ${name}`);
    }
    return group;
  }

  #operations(): Operations {
    const onGroup =
      (action: string) =>
      (input: { logGroupName?: string | undefined }): Access[] => [
        { action: `logs:${action}`, resource: `${this.arn(input.logGroupName ?? "")}:*` },
      ];
    return {
      DescribeLogGroups: operation<DescribeLogGroupsRequest, DescribeLogGroupsResponse>({
        access: () => [{ action: "logs:DescribeLogGroups", resource: arn(this.#graph, "logs", "log-group:*") }],
        run: ({ logGroupNamePrefix = "" }) => ({
          logGroups: [...this.#groups.values()]
            .filter(({ name }) => name.startsWith(logGroupNamePrefix))
            .map(({ name, retention_days, created_ms }) => ({
              logGroupName: name,
              arn: `${this.arn(name)}:*`,
              creationTime: Math.round(created_ms),
              ...(retention_days === undefined ? {} : { retentionInDays: retention_days }),
            })),
        }),
      }),
      DescribeLogStreams: operation<DescribeLogStreamsRequest, DescribeLogStreamsResponse>({
        access: onGroup("DescribeLogStreams"),
        run: ({ logGroupName }) => ({
          logStreams: [...this.#group(logGroupName).streams].map(([logStreamName, events]) => ({
            logStreamName,
            firstEventTimestamp: events[0]?.timestamp_ms,
            lastEventTimestamp: events.at(-1)?.timestamp_ms,
          })),
        }),
      }),
      GetLogEvents: operation<GetLogEventsRequest, GetLogEventsResponse>({
        access: onGroup("GetLogEvents"),
        run: (input) => ({
          events: (this.#group(input.logGroupName).streams.get(input.logStreamName ?? "") ?? [])
            .filter(within(input))
            .slice(-(input.limit ?? PAGE_EVENTS_MAX))
            .map(({ timestamp_ms, message }) => ({ timestamp: timestamp_ms, message })),
        }),
      }),
      FilterLogEvents: operation<FilterLogEventsRequest, FilterLogEventsResponse>({
        access: onGroup("FilterLogEvents"),
        run: (input) => this.#filter(input),
      }),
    };
  }

  #filter(input: FilterLogEventsRequest): FilterLogEventsResponse {
    const matches = matcher(input.filterPattern);
    const found = [...this.#group(input.logGroupName).streams].flatMap(([logStreamName, events]) =>
      events
        .filter(within(input))
        .filter(({ message }) => matches(message))
        .map(({ timestamp_ms, message }, index) => ({
          logStreamName,
          timestamp: timestamp_ms,
          message,
          ingestionTime: timestamp_ms,
          eventId: `${logStreamName}/${timestamp_ms}/${index}`,
        })),
    );
    const sorted = found.sort((a, b) => a.timestamp - b.timestamp);
    const start = Number(input.nextToken ?? 0);
    const end = start + (input.limit ?? PAGE_EVENTS_MAX);
    return { events: sorted.slice(start, end), ...(end < sorted.length ? { nextToken: String(end) } : {}) };
  }
}

function within({ startTime, endTime }: { startTime?: number | undefined; endTime?: number | undefined }) {
  return ({ timestamp_ms }: LogEvent) =>
    timestamp_ms >= (startTime ?? 0) && timestamp_ms < (endTime ?? Number.POSITIVE_INFINITY);
}

/** Terms that must all occur, quoted ones with spaces, `?term` for alternatives; JSON patterns are refused by name. */
function matcher(pattern: string | undefined): (message: string) => boolean {
  const text = pattern?.trim() ?? "";
  if (text.startsWith("{") || text.startsWith("[") || text.startsWith("%")) {
    throw new AwsError("InvalidParameterException", `The twin filters log events by terms, not by the pattern ${text}`);
  }
  const terms = text.match(/[-?]?"[^"]*"|\S+/g) ?? [];
  const plain = (term: string) => term.replace(/^[-?]/, "").replaceAll('"', "");
  const required = terms.filter((term) => !/^[-?]/.test(term)).map(plain);
  const optional = terms.filter((term) => term.startsWith("?")).map(plain);
  const excluded = terms.filter((term) => term.startsWith("-")).map(plain);
  return (message) =>
    required.every((term) => message.includes(term)) &&
    !excluded.some((term) => message.includes(term)) &&
    (optional.length === 0 || optional.some((term) => message.includes(term)));
}

export const logsSupported: Supported = {
  "aws:cloudwatch/logGroup:LogGroup": ["name", "retentionInDays", "tags"],
};
