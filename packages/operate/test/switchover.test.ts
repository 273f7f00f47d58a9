import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startCommand } from "./command.ts";
import type { FakeAws } from "./fake-aws.ts";
import { type RunningSystem, startSystem } from "./running-system.ts";

let system: RunningSystem;
let aws: FakeAws;
let twinFile: string;

beforeEach(async () => {
  system = await startSystem();
  ({ aws, twinFile } = system);
});
afterEach(() => system.close());

const DONE = {
  outcome: "done",
  from: "i-a",
  to: "i-b",
  epoch: 2,
  duration_ms: 1234,
  sentence: "i-b serves in epoch 2 instead of i-a, after 1.2 s.",
};

describe("pnpm switchover", () => {
  test("D6: shows what the function says, and ends with 0 once another instance serves", async () => {
    aws.onInvoke = () => {
      aws.log("START RequestId: 1");
      aws.log(JSON.stringify({ level: "info", message: "i-a serves; nothing to do" }));
      aws.log(JSON.stringify({ level: "info", message: "i-a serves; nothing to do" }));
      aws.log(JSON.stringify({ level: "info", message: "Ordered i-a to step down from epoch 1" }));
      return { status: 200, body: DONE };
    };
    const { code, stdout, stderr } = await startCommand("switchover", ["--twin", twinFile]).ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${DONE.sentence}\n` });
    expect(stderr.split("\n")).toEqual([
      "Asking CloudyFailover to switch over",
      "  i-a serves; nothing to do",
      "  Ordered i-a to step down from epoch 1",
      "",
    ]);
    expect(aws.events).toEqual([{ switchover: {} }]);
  });

  test("D6: --json prints the result and nothing else on standard output", async () => {
    aws.onInvoke = () => ({ status: 200, body: DONE });
    const { stdout } = await startCommand("switchover", ["--", "--json", "--twin", twinFile]).ended;
    expect(JSON.parse(stdout)).toEqual(DONE);
  });

  test.each(["refused", "returned", "unfinished"])("D6: %s is exit code 1, with the reason", async (outcome) => {
    const sentence = "Nothing was changed: no standby is ready to take over from i-a.";
    aws.onInvoke = () => ({ status: 200, body: { outcome, sentence } });
    const { code, stdout } = await startCommand("switchover", ["--twin", twinFile]).ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${sentence}\n` });
  });

  test("D6: Ctrl-C ends it at once, and it says that the order is not taken back", async () => {
    const { promise: invoked, resolve } = Promise.withResolvers<void>();
    aws.onInvoke = () => {
      resolve();
      return new Promise(() => undefined);
    };
    const { process: child, ended } = startCommand("switchover", ["--twin", twinFile]);
    await invoked;
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain("If the order was given it is carried out all the same");
  });

  test("D6: a function that is not there is called that", async () => {
    const headers = { "x-amzn-errortype": "ResourceNotFoundException" };
    aws.onInvoke = () => ({ status: 404, headers, body: { Message: "Function not found" } });
    const { code, stderr } = await startCommand("switchover", ["--twin", twinFile]).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(
      "There is no function CloudyFailover in eu-west-1: is it the right stack, account and region?",
    );
  });

  test("D6: the function's own failure is shown, and it is not invoked again", async () => {
    const headers = { "x-amz-function-error": "Unhandled" };
    aws.onInvoke = () => ({ status: 200, headers, body: { errorMessage: "wrong environment" } });
    const { code, stderr } = await startCommand("switchover", ["--twin", twinFile]).ended;
    expect(code).toBe(1);
    expect(stderr).toContain("CloudyFailover failed: wrong environment. Its log group is /aws/lambda/CloudyFailover.");
    aws.onInvoke = () => ({ status: 500, body: { Message: "internal" } });
    await startCommand("switchover", ["--twin", twinFile]).ended;
    expect(aws.events).toHaveLength(2);
  });

  test("D6: a function that knows no switchover is an older one", async () => {
    aws.onInvoke = () => ({ status: 200, body: { statusCode: 200, body: "Route points to i-a" } });
    const { code, stderr } = await startCommand("switchover", ["--twin", twinFile]).ended;
    expect(code).toBe(1);
    expect(stderr).toContain("it knows no switchover. Deploy a newer one.");
  });
});

describe("pnpm switchover: wrong use is one clear message and exit code 1", () => {
  test.each<[readonly string[], string]>([
    [[], "Which system? Give one of [--twin], [--stack], [--outputs] and [--function]"],
    [["--twin", "x", "--outputs", "y"], "Only one of [--twin] and [--outputs] can be given"],
    [["--region", "eu-west-1", "--stack", "dev"], "[--region] goes with [--function]"],
    [["--twin", "/nowhere.json"], "/nowhere.json cannot be read"],
    [["--twin", "/dev/null"], "/dev/null holds no line of `pnpm twin up --json`."],
    [["--stack", "dev"], "the Pulumi CLI is not on the PATH; use [--function] instead"],
    [["--now"], "Unknown option '--now'"],
    [["--function", "CloudyFailover", "--region", "eu-west-1"], "No AWS credentials were found"],
  ])("%j", async (args, message) => {
    // No instance metadata to ask for credentials, and no pulumi.
    const env = { PATH: "/nowhere", AWS_EC2_METADATA_DISABLED: "true", HOME: system.directory };
    const { code, stdout, stderr } = await startCommand("switchover", args, env).ended;
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });

  test("a twin's line or a file of outputs that lacks something is named, and so is what it lacks", async () => {
    const line = JSON.parse(readFileSync(twinFile, "utf8"));
    const given = async (option: string, document: object) => {
      const file = join(system.directory, "given.json");
      writeFileSync(file, JSON.stringify(document));
      const { code, stderr } = await startCommand("switchover", [option, file]).ended;
      expect(code).toBe(1);
      expect(stderr).not.toContain("    at ");
      return stderr.replaceAll(file, "FILE");
    };
    expect(await given("--twin", { ...line, clock: { speed: "10" }, secretAccessKey: "" })).toBe(
      "Error: FILE is no line of `twin up --json`: it lacks [clock.realEpoch_ms], [clock.cloudEpoch_ms];" +
        ' [secretAccessKey] must be text that is not empty, got ""; [clock.speed] must be a number, got "10".\n',
    );
    expect(await given("--twin", { ...line, outputs: {} })).toBe(
      "Error: [outputs] of FILE is no set of stack outputs: it lacks [failoverFunctionName], [failoverLogGroupName].\n",
    );
    expect(await given("--outputs", { ...line.outputs })).toBe(
      "Error: FILE is no set of stack outputs: it lacks [region].\n",
    );
  });

  test("of a twin with several stacks [--stack] says which; without it, or by another name, nothing is asked for", async () => {
    const line = JSON.parse(readFileSync(twinFile, "utf8"));
    const stack = (name: string) => ({
      stack: name,
      loadBalancerUrl: line.loadBalancerUrl,
      pageUrl: line.pageUrl,
      outputs: { failoverFunctionName: `${name}Failover`, failoverLogGroupName: `/aws/lambda/${name}Failover` },
    });
    const file = join(system.directory, "several.json");
    writeFileSync(file, JSON.stringify({ ...line, stacks: [stack("one"), stack("two")] }));
    const asked = async (...args: readonly string[]) => {
      const { stderr } = await startCommand("switchover", ["--twin", file, ...args]).ended;
      return stderr.replaceAll(file, "FILE");
    };
    expect(await asked("--stack", "two")).toContain("Asking twoFailover to switch over");
    expect(await asked()).toBe(
      "Error: FILE tells of the stacks one and two: say by [--stack] which of them is meant.\n",
    );
    expect(await asked("--stack", "three")).toBe(
      "Error: [--stack] three is not in that twin: FILE tells of one and two.\n",
    );
    const older = await startCommand("switchover", ["--twin", twinFile, "--stack", "one"]).ended;
    expect(older.stderr).toContain("tells of no stack by its name: leave [--stack] out.");
  });

  test("--help explains, and is no error", async () => {
    const { code, stdout } = await startCommand("switchover", ["--help"]).ended;
    expect(code).toBe(0);
    expect(stdout).toContain("Usage: pnpm switchover");
  });
});
