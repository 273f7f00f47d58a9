import { expect, test } from "vitest";
import { parseAgentLine } from "../src/agent-log.ts";
import { parseFailoverLine } from "../src/failover-log.ts";

const line = { level: "info", message: "i-a serves; nothing to do", code: "serves", online: 1 };

test.each([
  ["alone", ""],
  ["behind Lambda's time, request and level", "2026-05-04T09:00:00.000Z\tc0ffee\tINFO\t"],
])("an event is read from its line, which stands %s", (_, prefix) => {
  expect(parseFailoverLine(prefix + JSON.stringify(line))).toEqual({
    message: line.message,
    code: "serves",
    fields: line,
  });
});

test("a code that is not known, as of a newer version, is none", () => {
  expect(parseFailoverLine(JSON.stringify({ ...line, code: "dances" }))?.code).toBeUndefined();
  expect(parseFailoverLine(JSON.stringify({ message: "of an older one" }))?.code).toBeUndefined();
  expect(parseAgentLine(JSON.stringify(line))?.code).toBeUndefined();
});

test.each([
  "START RequestId: 1 Version: $LATEST",
  "LOG:  database system is ready",
  "{ torn",
  '{"level":"info"}',
  "{}",
])("%s is no event", (text) => {
  expect(parseAgentLine(text)).toBeUndefined();
});
