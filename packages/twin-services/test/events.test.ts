import type { FilterLogEventsResponse } from "@aws-sdk/client-cloudwatch-logs";
import type { InvocationResponse } from "@aws-sdk/client-lambda";
import type { GraphResource } from "@cloudy/twin-model/graph.ts";
import { describe, expect, test } from "vitest";
import { matchesPattern } from "../src/events/pattern.ts";
import { graphOf, smallStack } from "./cloud-graph.ts";
import { cloudWorld } from "./cloud-world.ts";

const parsed = (payload: Uint8Array | undefined) => JSON.parse(Buffer.from(payload ?? []).toString("utf8"));

test("F1: the rule invokes the failover function every minute with a scheduled event", async () => {
  const world = cloudWorld();
  world.cloud.start();
  await world.clock.advance(181_000);
  const scheduled = world.functions.invocations.filter((item) => item.name === "failover");
  expect(scheduled.map((item) => item.at_s)).toEqual([60.5, 120.5, 180.5]);
  expect(scheduled[0]?.event).toMatchObject({
    source: "aws.events",
    "detail-type": "Scheduled Event",
    resources: ["arn:aws:events:eu-west-1:123456789012:rule/every-minute"],
  });
});

test("F1: without the function's permission the rule's invocations fail, and say why", async () => {
  const stack = smallStack();
  const isPermission = (item: GraphResource) => item.type === "aws:lambda/permission:Permission";
  const world = cloudWorld({ graph: graphOf(stack.resources.filter((item) => !isPermission(item))) });
  world.cloud.start();
  await world.clock.advance(61_000);
  expect(world.functions.invocations).toEqual([]);
  const told = world.events.filter((event) => event.kind === "trace").map((event) => event.sentence);
  expect(told).toContain(
    "Rule every-minute could not invoke its target: no permission of function failover lets events.amazonaws.com invoke it for arn:aws:events:eu-west-1:123456789012:rule/every-minute",
  );
});

test("F1: the end of a database instance wakes the function at once, that of a web instance does not", async () => {
  const world = cloudWorld();
  await world.settle();
  const terminated = () =>
    world.functions.invocations
      .map((item) => item.event)
      .filter((event) => Object(event)["source"] === "aws.autoscaling");
  const of = (name: string) => world.cloud.ec2.instances.all().find((instance) => instance.tags["Name"] === name)?.id;
  await world.call("ec2", "TerminateInstances", { InstanceIds: [of("Web")], SkipOsShutdown: true });
  await world.clock.advance(60_000);
  expect(terminated()).toEqual([]);
  const victim = of("Database");
  await world.call("ec2", "TerminateInstances", { InstanceIds: [victim], SkipOsShutdown: true });
  await world.clock.advance(60_000);
  expect(terminated()).toEqual([
    expect.objectContaining({
      "detail-type": "EC2 Instance Terminate Successful",
      detail: expect.objectContaining({
        AutoScalingGroupName: "database",
        EC2InstanceId: victim,
        Cause: expect.stringContaining("EC2 health check"),
      }),
    }),
  ]);
});

test("F3: what the function logs is found by FilterLogEvents", async () => {
  const world = cloudWorld();
  world.cloud.start();
  await world.clock.advance(121_000);
  const { events = [] } = await world.call<FilterLogEventsResponse>("cloudwatch-logs", "FilterLogEvents", {
    logGroupName: "/aws/lambda/failover",
    filterPattern: '"ran failover"',
  });
  expect(events.map((event) => event.message)).toEqual(["ran failover", "ran failover"]);
});

test("F7: a role without permission for its logs loses the lines, and the twin says so", async () => {
  const world = cloudWorld({
    roleMay: (roleArn, { action }) => ({
      allowed: action !== "logs:PutLogEvents",
      because: `no statement of ${roleArn} allows ${action}`,
    }),
  });
  world.cloud.start();
  await world.clock.advance(61_000);
  const { events } = await world.call<FilterLogEventsResponse>("cloudwatch-logs", "FilterLogEvents", {
    logGroupName: "/aws/lambda/failover",
  });
  expect(events).toEqual([]);
  const told = world.events.filter((event) => event.kind === "trace").map((event) => event.sentence);
  expect(told).toContainEqual(
    expect.stringMatching(/^Log lines of function failover are lost: no statement of .* allows logs:PutLogEvents$/),
  );
});

test("F1: an asynchronous invocation that fails is tried twice more, after one and two minutes", async () => {
  const world = cloudWorld();
  world.functions.fails = true;
  await world.call("lambda", "Invoke", {
    FunctionName: "probe",
    InvocationType: "Event",
    Payload: new TextEncoder().encode('{"round":1}'),
  });
  await world.clock.advance(600_000);
  expect(world.functions.invocations.map((item) => item.at_s)).toEqual([0, 60, 180]);
  expect(world.functions.invocations[0]?.event).toEqual({ round: 1 });
});

test("a synchronous invocation answers with the payload, or with the error as Lambda does", async () => {
  const world = cloudWorld();
  const invoke = () => world.call<InvocationResponse>("lambda", "Invoke", { FunctionName: "failover" });
  const good = await invoke();
  expect(good.StatusCode).toBe(200);
  expect(parsed(good.Payload)).toEqual({ zip: "failover.zip" });
  world.functions.fails = true;
  const bad = await invoke();
  expect(bad).toMatchObject({ StatusCode: 200, FunctionError: "Unhandled" });
  expect(parsed(bad.Payload)).toEqual({ errorType: "Error", errorMessage: "boom" });
  await expect(world.call("lambda", "Invoke", { FunctionName: "nobody" })).rejects.toMatchObject({
    code: "ResourceNotFoundException",
    status: 404,
  });
});

test("a function in the VPC has an interface in each of its subnets, with its security group", () => {
  const world = cloudWorld();
  const own = world.cloud.ec2.interfaceTable
    .all()
    .filter((item) => item.description.startsWith("AWS Lambda VPC ENI-probe"));
  expect(own.map((item) => item.subnetId)).toEqual(["subnet-private-a", "subnet-private-b"]);
  expect(own.map((item) => item.securityGroupIds)).toEqual([["sg-probe"], ["sg-probe"]]);
});

test("a role that may not make interfaces cannot put its function into the VPC", () => {
  const roleMay = (_role: string, { action }: { readonly action: string }) => ({
    allowed: action !== "ec2:CreateNetworkInterface",
    because: "",
  });
  expect(() => cloudWorld({ roleMay })).toThrow("does not have permissions to call CreateNetworkInterface on EC2");
});

describe("event patterns", () => {
  const event = { source: "aws.ec2", detail: { state: "terminated", count: 3 }, resources: ["arn:a", "arn:b"] };
  test.each([
    [{ source: ["aws.ec2"] }, true],
    [{ source: ["aws.autoscaling"] }, false],
    [{ detail: { state: ["running", "terminated"] } }, true],
    [{ detail: { state: ["running"] }, source: ["aws.ec2"] }, false],
    [{ source: [{ prefix: "aws." }] }, true],
    [{ source: [{ suffix: ".ec2" }] }, true],
    [{ source: [{ wildcard: "a*2" }] }, true],
    [{ source: [{ "anything-but": ["aws.ec2"] }] }, false],
    [{ source: [{ "anything-but": { prefix: "custom" } }] }, true],
    [{ detail: { missing: [{ exists: false }] } }, true],
    [{ detail: { state: [{ exists: false }] } }, false],
    [{ detail: { count: [{ numeric: [">", 2, "<=", 3] }] } }, true],
    [{ detail: { count: [{ numeric: [">", 3] }] } }, false],
    [{ resources: ["arn:b"] }, true],
    [{ $or: [{ source: ["x"] }, { detail: { count: [3] } }] }, true],
  ])("%j matches: %s", (pattern, expected) => {
    expect(matchesPattern(pattern, event)).toBe(expected);
  });
});
