import { expect, test } from "vitest";
import { parseCommandLine } from "../src/command-line.ts";

test("T1: by default a twin is started at ten times the speed, with a page", () => {
  expect(parseCommandLine([], 7)).toEqual({
    help: false,
    isHeadless: false,
    keep: false,
    jsonFile: undefined,
    seed: 7,
    token: undefined,
    target: { kind: "start twin", speed: 10, stack: undefined, config: {} },
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
    isAgreed: false,
  });
});

test.each([
  [["--twin", "a", "--outputs", "b"], "Only one of [--twin] and [--outputs]"],
  [["--endpoint", "http://x"], "[--endpoint] needs [--outputs FILE]"],
  [["--speed", "3", "--twin", "-"], "[--speed] and [--stack]"],
  [["--stack", "dev", "--outputs", "o.json"], "[--speed] and [--stack]"],
  [["--speed", "fast"], "[--speed] fast is not a number from 1 to 30"],
  [["--sped", "3"], "--sped"],
  [["--config", "webMin"], "--config webMin is not KEY=VALUE"],
  [["--config", "a=b", "--twin", "-"], "[--config] is for a twin that the demo starts"],
  [["--config", "a=b", "--outputs", "o.json"], "[--config] is for a twin that the demo starts"],
  [["--yes"], "[--yes] goes with [--outputs FILE]"],
  [["--token", "two words"], "is no bearer token"],
  [["--token", ""], "is no bearer token"],
  [["--outputs", "o.json", "--endpoint", "localhost"], "[--endpoint] localhost is not a URL"],
])("%j is refused with a reason", (args, message) => {
  expect(() => parseCommandLine(args, 7)).toThrow(message);
});

test("T1: other values of the configuration are handed to the twin, the last one of a key", () => {
  const args = ["--stack", "prod", "--config", "cloudy:webMax=5", "--config", "cloudy:webMax=6", "--config", "a=b=c"];
  expect(parseCommandLine(args, 7).target).toMatchObject({
    kind: "start twin",
    stack: "prod",
    config: { "cloudy:webMax": "6", a: "b=c" },
  });
});

test("A6: a token is taken from the command line, else from the environment", () => {
  expect(parseCommandLine(["--token", "a"], 7, { CLOUDY_TOKEN: "b" }).token).toBe("a");
  expect(parseCommandLine([], 7, { CLOUDY_TOKEN: "b" }).token).toBe("b");
  expect(parseCommandLine([], 7, { CLOUDY_TOKEN: "" }).token).toBeUndefined();
});

test("T1: --yes is for a deployed stack", () => {
  expect(parseCommandLine(["--outputs", "o.json", "--yes"], 7).target).toMatchObject({ isAgreed: true });
});
