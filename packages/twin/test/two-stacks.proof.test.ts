import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeInstancesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  ModifyInstanceAttributeCommand,
} from "@aws-sdk/client-ec2";
import { parse } from "@cloudy/contracts/document.ts";
import { type FailoverLogCode, parseFailoverLine } from "@cloudy/contracts/failover-log.ts";
import { type StackOutputs, StackOutputsSchema } from "@cloudy/contracts/stack-outputs.ts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { application } from "../src/application.ts";
import { bringUp, type RunningStack, type Twin } from "../src/twin.ts";
import { programRoot } from "./program-root.ts";

/** As in end-to-end.test.ts. */
const SPEED = 10;
/** Deadlines of wall time, for a busy machine. */
const COMES_UP_MS = 150_000;
const FAILS_OVER = { timeout: 60_000, interval: 200 };

/** One range and one virtual IP for both, as two stacks have that nobody has changed. No NAT instances: they have no part in this. */
const stackFile = (name: string) => `config:
  aws:region: eu-west-1
  cloudy:name: ${name}
  cloudy:nat: gateway
  cloudy:webMin: 1
  cloudy:webMax: 2
  cloudy:databaseDesired: 2
`;

interface Stack extends RunningStack {
  readonly outputs: StackOutputs & RunningStack["outputs"];
}

describe("two stacks in one account and region", () => {
  const said: string[] = [];
  const { root, remove } = programRoot({ left: stackFile("Left"), right: stackFile("Right") });
  let twin: Twin;
  let left: Stack;
  let right: Stack;
  let ec2: EC2Client;
  let logs: CloudWatchLogsClient;
  let cloudWatch: CloudWatchClient;

  beforeAll(async () => {
    const stopping = new AbortController().signal;
    const say = (line: string) => said.push(line);
    const up = await bringUp({
      root,
      application,
      stacks: ["left", "right"],
      speed: SPEED,
      changes: {},
      bootFaults: [],
      say,
      stopping,
    });
    if (up === undefined) throw new Error("the twin was stopped");
    twin = up;
    const [first, second] = twin.stacks.map((stack) => ({
      ...stack,
      outputs: parse(StackOutputsSchema, stack.outputs, `the outputs of ${stack.stack}`),
    }));
    if (first === undefined || second === undefined) throw new Error("a stack is missing");
    [left, right] = [first, second];
    ec2 = new EC2Client(twin.connection);
    logs = new CloudWatchLogsClient(twin.connection);
    cloudWatch = new CloudWatchClient(twin.connection);
  }, COMES_UP_MS);

  afterAll(async () => {
    await twin?.stop();
    remove();
  }, COMES_UP_MS);

  function addUser({ loadBalancerUrl }: Stack, username: string): Promise<Response> {
    return fetch(`${loadBalancerUrl}/users`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username, email: `${username}@example.com` }),
    });
  }

  async function users({ loadBalancerUrl }: Stack): Promise<readonly string[]> {
    const answer = await fetch(`${loadBalancerUrl}/users`);
    return ((await answer.json()) as { username: string }[]).map(({ username }) => username);
  }

  /** Where the virtual IP leads in a stack. */
  async function activeDatabase({ outputs }: Stack): Promise<string | undefined> {
    const answer = await ec2.send(
      new DescribeRouteTablesCommand({ RouteTableIds: [...outputs.databaseRouteTableIds] }),
    );
    const routes = answer.RouteTables?.[0]?.Routes ?? [];
    const route = routes.find(({ DestinationCidrBlock }) => DestinationCidrBlock === `${outputs.virtualIp}/32`);
    return route?.State === "active" ? route.InstanceId : undefined;
  }

  async function instancesOf(groupName: string) {
    const Filters = [{ Name: "tag:aws:autoscaling:groupName", Values: [groupName] }];
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
    return Reservations.flatMap(({ Instances = [] }) => Instances);
  }

  /** Events that a stack's failover function has logged. */
  async function logged({ outputs }: Stack, ...codes: readonly FailoverLogCode[]): Promise<readonly string[]> {
    const request = new FilterLogEventsCommand({ logGroupName: outputs.failoverLogGroupName });
    const { events = [] } = await logs.send(request);
    const lines = events.map(({ message }) => parseFailoverLine(message ?? "")).filter((line) => line !== undefined);
    return lines.filter(({ code }) => code !== undefined && codes.includes(code)).map(({ message }) => message);
  }

  /** The sum of a stack's metric over the life of the twin. */
  async function total({ stack }: Stack, MetricName: string): Promise<number | undefined> {
    const answer = await cloudWatch.send(
      new GetMetricStatisticsCommand({
        Namespace: "Cloudy/Database",
        MetricName,
        Dimensions: [{ Name: "Stack", Value: `cloudy/${stack}` }],
        Statistics: ["Sum"],
        Period: 60,
        StartTime: new Date(twin.clock.cloudEpoch_ms - 60_000),
        EndTime: new Date(twin.clock.cloudEpoch_ms + (Date.now() - twin.clock.realEpoch_ms) * SPEED),
      }),
    );
    const points = answer.Datapoints ?? [];
    return points.length === 0 ? undefined : points.reduce((sum, point) => sum + (point.Sum ?? 0), 0);
  }

  test("N1: both serve, with one range of addresses, and neither sees the other's data", async () => {
    for (const stack of [left, right]) expect((await addUser(stack, `of-${stack.stack}`)).status).toBe(201);
    expect(await users(left)).toEqual(["of-left"]);
    expect(await users(right)).toEqual(["of-right"]);
    expect(right.loadBalancerUrl).not.toBe(left.loadBalancerUrl);
  });

  test("D4, F4: the lost database host of one is fenced and replaced there, and the other notices nothing", {
    timeout: 3 * FAILS_OVER.timeout,
  }, async () => {
    const [lost, steady] = [await activeDatabase(left), await activeDatabase(right)];
    const before = (await instancesOf(right.outputs.databaseGroupName)).map(({ InstanceId }) => InstanceId).sort();
    expect(before).toContain(steady);
    const instance = (await instancesOf(left.outputs.databaseGroupName)).find(({ InstanceId }) => InstanceId === lost);
    // Nobody can open a connection to it any more, as when a host hangs: only a fence makes sure that it writes no more.
    const { SecurityGroups = [] } = await ec2.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: "vpc-id", Values: [instance?.VpcId ?? ""] }] }),
    );
    const closed = SecurityGroups.find(({ IpPermissions = [] }) => IpPermissions.length === 0)?.GroupId ?? "";
    await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: lost, Groups: [closed] }));

    await vi.waitFor(async () => {
      const now = await activeDatabase(left);
      expect(now, `after ${said.findLast((line) => line.includes("not authorized"))}`).not.toBe(lost);
      expect(now).toBeDefined();
    }, FAILS_OVER);
    await vi.waitFor(async () => expect([201, 409]).toContain((await addUser(left, "after")).status), FAILS_OVER);
    expect(await users(left)).toEqual(["of-left", "after"]);
    await vi.waitFor(async () => expect(await logged(left, "fence")).not.toEqual([]), FAILS_OVER);
    for (const fence of await logged(left, "fence")) expect(fence).toContain(`Fencing ${lost}`);

    expect((await addUser(right, "meanwhile")).status).toBe(201);
    expect(await activeDatabase(right)).toBe(steady);
    const after = await instancesOf(right.outputs.databaseGroupName);
    expect(after.map(({ InstanceId, State }) => `${InstanceId} ${State?.Name}`).sort()).toEqual(
      before.map((id) => `${id} running`),
    );
    expect(await logged(right, "fence")).toEqual([]);
    for (const change of await logged(right, "route-updated")) expect(change).toContain(steady);
    // Overlapping invocations may get in each other's way when a route is made; nothing else fails.
    const failed = [...(await logged(left, "action-failed")), ...(await logged(right, "action-failed"))];
    expect(failed.filter((message) => !message.startsWith("move-route failed: The route identified by"))).toEqual([]);
    // An invocation puts its metrics at its end, within a minute of cloud time.
    await vi.waitFor(async () => expect(await total(left, "Fences")).toBeGreaterThanOrEqual(1), FAILS_OVER);
    expect(await total(right, "Fences")).toBe(0);
    expect(said.filter((line) => line.includes("not authorized"))).toEqual([]);
  });
});
