import { expect, test } from "vitest";
import { parseCommandLine } from "../src/command-line.ts";

test("T1: by default a twin is started at ten times the speed, with a page", () => {
  expect(parseCommandLine([], 7)).toEqual({
    help: false,
    isHeadless: false,
    keep: false,
    jsonFile: undefined,
    seed: 7,
    target: { kind: "start twin", speed: 10, stack: undefined },
  });
});

test("a running twin and a deployed stack can be named instead", () => {
  expect(parseCommandLine(["--", "--twin", "-", "--headless"], 7).target).toEqual({
    kind: "running twin",
    file: "-",
    stack: undefined,
  });
  expect(parseCommandLine(["--twin", "-", "--stack", "prod"], 7).target).toEqual({
    kind: "running twin",
    file: "-",
    stack: "prod",
  });
  expect(parseCommandLine(["--outputs", "o.json", "--endpoint", "http://x"], 7).target).toEqual({
    kind: "deployed",
    outputsFile: "o.json",
    endpoint: "http://x",
  });
});

test.each([
  [["--twin", "a", "--outputs", "b"], "Only one of [--twin] and [--outputs]"],
  [["--endpoint", "http://x"], "[--endpoint] needs [--outputs FILE]"],
  [["--speed", "3", "--twin", "-"], "[--speed] and [--stack]"],
  [["--stack", "dev", "--outputs", "o.json"], "[--speed] and [--stack]"],
  [["--speed", "fast"], "[--speed] fast is not a number from 1 to 30"],
  [["--sped", "3"], "--sped"],
])("%j is refused with a reason", (args, message) => {
  expect(() => parseCommandLine(args, 7)).toThrow(message);
});
