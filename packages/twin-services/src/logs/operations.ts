import type {
  CreateLogStreamRequest,
  DescribeLogGroupsRequest,
  DescribeLogGroupsResponse,
  DescribeLogStreamsRequest,
  DescribeLogStreamsResponse,
  FilterLogEventsRequest,
  FilterLogEventsResponse,
  GetLogEventsRequest,
  GetLogEventsResponse,
  InputLogEvent,
  PutLogEventsRequest,
  PutLogEventsResponse,
} from "@aws-sdk/client-cloudwatch-logs";
import { type Access, AwsError, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import type { LogEvent, Logs } from "./logs.ts";

const PAGE_EVENTS_MAX = 10_000;

/** The API of CloudWatch Logs. */
export function logsOperations(logs: Logs): Operations {
  const onGroup =
    (action: string) =>
    (input: { logGroupName?: string | undefined }): Access[] => [
      { action: `logs:${action}`, resource: `${logs.arn(input.logGroupName ?? "")}:*` },
    ];
  const onStream =
    (action: string) =>
    (input: { logGroupName?: string | undefined; logStreamName?: string | undefined }): Access[] => [
      {
        action: `logs:${action}`,
        resource: `${logs.arn(input.logGroupName ?? "")}:log-stream:${input.logStreamName ?? ""}`,
      },
    ];
  return {
    DescribeLogGroups: operation<DescribeLogGroupsRequest, DescribeLogGroupsResponse>({
      access: () => [{ action: "logs:DescribeLogGroups", resource: logs.arn("*") }],
      run: ({ logGroupNamePrefix = "" }) => ({
        logGroups: logs
          .all()
          .filter(({ name }) => name.startsWith(logGroupNamePrefix))
          .map(({ name, retention_days, created_ms }) => ({
            logGroupName: name,
            arn: `${logs.arn(name)}:*`,
            creationTime: Math.round(created_ms),
            ...(retention_days === undefined ? {} : { retentionInDays: retention_days }),
          })),
      }),
    }),
    DescribeLogStreams: operation<DescribeLogStreamsRequest, DescribeLogStreamsResponse>({
      access: onGroup("DescribeLogStreams"),
      run: ({ logGroupName }) => ({
        logStreams: [...logs.group(logGroupName).streams].map(([logStreamName, events]) => ({
          logStreamName,
          firstEventTimestamp: events[0]?.timestamp_ms,
          lastEventTimestamp: events.at(-1)?.timestamp_ms,
        })),
      }),
    }),
    CreateLogStream: operation<CreateLogStreamRequest, object>({
      access: onStream("CreateLogStream"),
      run: ({ logGroupName, logStreamName = "" }) => {
        logs.createStream(logGroupName, logStreamName);
        return {};
      },
    }),
    PutLogEvents: operation<PutLogEventsRequest, PutLogEventsResponse>({
      access: onStream("PutLogEvents"),
      run: (input) => {
        logs.put(input.logGroupName, input.logStreamName, (input.logEvents ?? []).map(eventOf));
        return {};
      },
    }),
    GetLogEvents: operation<GetLogEventsRequest, GetLogEventsResponse>({
      access: onGroup("GetLogEvents"),
      run: (input) => ({
        events: (logs.group(input.logGroupName).streams.get(input.logStreamName ?? "") ?? [])
          .filter(within(input))
          .slice(-(input.limit ?? PAGE_EVENTS_MAX))
          .map(({ timestamp_ms, message }) => ({ timestamp: timestamp_ms, message })),
      }),
    }),
    FilterLogEvents: operation<FilterLogEventsRequest, FilterLogEventsResponse>({
      access: onGroup("FilterLogEvents"),
      run: (input) => filter(logs, input),
    }),
  };
}

function eventOf({ timestamp = 0, message = "" }: InputLogEvent): LogEvent {
  return { timestamp_ms: timestamp, message };
}

function filter(logs: Logs, input: FilterLogEventsRequest): FilterLogEventsResponse {
  const matches = matcher(input.filterPattern);
  const { logStreamNames, logStreamNamePrefix = "" } = input;
  const isWanted = (name: string) => logStreamNames?.includes(name) ?? name.startsWith(logStreamNamePrefix);
  const streams = [...logs.group(input.logGroupName).streams].filter(([name]) => isWanted(name));
  const found = streams.flatMap(([logStreamName, events]) =>
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
