/**
 * One event as a JSON line: `{"level","message","code",...}`. The sentence in `message` is for people and may be reworded at any
 * time; whoever waits for an event looks at `code` and the other fields.
 */
export interface LogLine<Code extends string> {
  readonly message: string;
  /** `undefined`: one that this version does not know. */
  readonly code: Code | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * The event in a line of a log; `undefined` for a line that holds none. Whatever stands before it is left out: Lambda and
 * journald put the time and more there.
 */
export function parseLogLine<Code extends string>(line: string, codes: readonly Code[]): LogLine<Code> | undefined {
  const begin = line.indexOf("{");
  if (begin < 0) return undefined;
  let fields: Readonly<Record<string, unknown>>;
  try {
    fields = JSON.parse(line.slice(begin));
  } catch {
    return undefined;
  }
  const { message, code } = fields;
  if (typeof message !== "string") return undefined;
  return { message, code: codes.find((known) => known === code), fields };
}
