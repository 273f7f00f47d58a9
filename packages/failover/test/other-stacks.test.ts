import type { AgentStatus } from "@cloudy/contracts/agent-status.ts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { handler } from "../src/failover.ts";
import { Aws, OWN_TAGS } from "./aws.ts";
import { DatabaseHost } from "./database-host.ts";
import { enterEnvironment } from "./function-environment.ts";

let aws: Aws;
let a: DatabaseHost;
let b: DatabaseHost;
let messages: string[];

const PRIMARY: AgentStatus = {
  instanceId: "i-a",
  role: "primary",
  epoch: { number: 1, holder: "i-a", released: false },
  fileSystem: "ok",
  ready: false,
  notReady: ["its role is primary"],
};
const STANDBY: AgentStatus = { ...PRIMARY, instanceId: "i-b", role: "standby", ready: true, notReady: [] };
const FOREIGN_TAGS = { ...OWN_TAGS, Stack: "other" };
const DATABASE_TAG_ALONE = { database: "true" };

beforeEach(async () => {
  messages = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => messages.push(JSON.parse(line).message));
  aws = new Aws();
  const ports = { status: 0, postgres: 0 };
  a = await new DatabaseHost("127.0.5.1", ports, PRIMARY).up();
  b = await new DatabaseHost("127.0.5.2", ports, STANDBY).up();
  a.postgres = "accepting";
  const running = { state: "running", status: "ok", sourceDestCheck: false } as const;
  aws.instances.push({ id: "i-a", ip: a.ip, ...running }, { id: "i-b", ip: b.ip, ...running });
  aws.routes.set("rtb-1", { instanceId: "i-a", state: "active" });
  await enterEnvironment(aws, ports);
  vi.stubEnv("DATABASE_GROUP", "DatabaseGroup");
  vi.stubEnv("PROBE_FUNCTION", "CloudyProbe");
  vi.stubEnv("GRANT_SECRET_ID", "CloudyFailover");
  vi.stubEnv("ROUND_SECONDS", "0.05");
  // The handler keeps its clients and what it remembers, as a warm function does.
  vi.resetModules();
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await Promise.all([a.down(), b.down()]);
  await aws.close();
});

async function invoke(event: unknown, rounds = 3) {
  let left = rounds;
  const getRemainingTimeInMillis = () => {
    left -= 1;
    return left > 0 ? 60_000 : 0;
  };
  const fresh = (await import("../src/failover.ts")) as { handler: typeof handler };
  return fresh.handler(event, { getRemainingTimeInMillis });
}

/** Another stack of the same account: its own database, on a route table of its own, which this role may not touch. */
function addNeighbour(tags: Readonly<Record<string, string>>): void {
  aws.instances.push({
    id: "i-foreign",
    ip: "127.0.5.9",
    state: "running",
    status: "ok",
    sourceDestCheck: true,
    tags,
  });
  aws.routes.set("rtb-foreign", { instanceId: "i-foreign", state: "active" });
  aws.tableTags.set("rtb-foreign", tags);
  aws.untaggable.add("rtb-foreign");
}

describe.each([
  ["another stack of the project", FOREIGN_TAGS],
  ["a stack of another project", { ...OWN_TAGS, Project: "other" }],
  ["somebody who tags by hand", DATABASE_TAG_ALONE],
])("beside %s, whose instance and route table are tagged database=true", (_, tags) => {
  beforeEach(() => addNeighbour(tags));

  test("R1: a lost host is fenced, and nothing else is touched", async () => {
    await a.down();
    b.blindTo.add(a.ip);
    await invoke({});
    expect(aws.writes).toEqual([
      "CreateTags rtb-1 cloudy:fences=1",
      "TerminateInstances i-a Force=true SkipOsShutdown=true",
    ]);
  });

  test("R1: its route stays its own", async () => {
    aws.routes.set("rtb-1", undefined);
    await invoke({});
    expect(aws.writes).toEqual(["CreateRoute rtb-1 10.10.10.10/32 i-a"]);
    expect(messages).toContain("i-a serves; 1 of 1 route tables must be led to it");
  });

  test("R1: a switchover is done although nobody may move the other's route", async () => {
    a.onOrder = () => {
      const epoch = { number: 2, holder: "i-b", released: false };
      a.status = { ...STANDBY, instanceId: "i-a", epoch, ready: false, notReady: ["it stepped down"] };
      a.postgres = "refusing";
      b.status = { ...PRIMARY, instanceId: "i-b", epoch };
      b.postgres = "accepting";
      return { code: 202, because: "i-a releases epoch 1" };
    };
    expect(await invoke({ switchover: {} }, 10)).toMatchObject({ outcome: "done", from: "i-a", to: "i-b" });
    expect(aws.routes.get("rtb-foreign")).toEqual({ instanceId: "i-foreign", state: "active" });
  });

  test("R1: a holder that is its instance is left alone, as after a restore of its backup", async () => {
    await a.down();
    b.status = { ...STANDBY, epoch: { number: 1, holder: "i-foreign", released: false } };
    b.blindTo.add("127.0.5.9");
    await invoke({});
    expect(aws.writes).toEqual([]);
    expect(messages).toContain("fence failed: i-foreign does not carry this stack's tags: it is left alone");
  });
});

test("R1: a route table that may not be tagged does not prevent a fence that another one takes down", async () => {
  aws.routes.set("rtb-0", undefined);
  aws.untaggable.add("rtb-0");
  await a.down();
  b.blindTo.add(a.ip);
  await invoke({});
  expect(aws.writes).toEqual([
    "CreateTags rtb-1 cloudy:fences=1",
    "TerminateInstances i-a Force=true SkipOsShutdown=true",
  ]);
  expect(messages.join()).toContain("A route table does not take the note of the fence, others do: ");
});

test("R1: a fence that no route table takes down is not done", async () => {
  aws.untaggable.add("rtb-1");
  await a.down();
  b.blindTo.add(a.ip);
  await invoke({});
  expect(aws.writes).toEqual([]);
  expect(messages.join()).toContain("fence failed: it cannot be written down: ");
});

describe("an event of EC2", () => {
  const event = (id: string) => ({ source: "aws.ec2", detail: { "instance-id": id, state: "terminated" } });

  test.each([
    ["another stack", FOREIGN_TAGS],
    ["nobody", {}],
  ])("R1: about an instance of %s costs one look at that instance and nothing else", async (_, tags) => {
    addNeighbour(tags);
    expect(await invoke(event("i-foreign"))).toEqual({
      statusCode: 200,
      body: "Instance i-foreign is no database of cloudy/test",
    });
    expect(aws.calls).toEqual(["DescribeInstances"]);
    expect(aws.metrics).toEqual([]);
    expect(messages).toEqual([]);
  });

  test("R1: about an instance of this stack wakes the function, without that look once it was seen", async () => {
    const route = { statusCode: 200, body: "Route points to i-a" };
    expect(await invoke(event("i-b"))).toEqual(route);
    const cold = aws.calls.filter((call) => call === "DescribeInstances").length;
    aws.calls.length = 0;
    expect(await invoke(event("i-b"))).toEqual(route);
    expect(aws.calls.filter((call) => call === "DescribeInstances")).toHaveLength(cold - 1);
  });

  test("R1: about an instance that EC2 describes no more, or when EC2 does not answer, wakes the function", async () => {
    expect(await invoke(event("i-unknown"))).toEqual({ statusCode: 200, body: "Route points to i-a" });
    aws.failing = "ec2";
    await invoke(event("i-other"));
    expect(messages.join()).toContain("this round failed and changed nothing");
  });
});
