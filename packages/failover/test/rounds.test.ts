import type { AgentStatus } from "@cloudy/contracts/agent-status.ts";
import { grantMac, orderMac } from "@cloudy/contracts/signed-messages.ts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createClients } from "../src/clients.ts";
import { systemClock } from "../src/clock.ts";
import { log } from "../src/log.ts";
import { execute } from "../src/round/execute.ts";
import { type Memory, NOTHING_REMEMBERED, pauseAfter } from "../src/round/round.ts";
import { runRounds } from "../src/round/rounds.ts";
import { readFailoverSettings } from "../src/settings.ts";
import type { Surroundings } from "../src/surroundings.ts";
import { Aws, STACK } from "./aws.ts";
import { DatabaseHost } from "./database-host.ts";
import { enterEnvironment } from "./function-environment.ts";

let aws: Aws;
let a: DatabaseHost;
let b: DatabaseHost;
let around: Surroundings;
let memory: Memory;
let messages: string[];

const EPOCH = { number: 1, holder: "i-a", released: false };
const PRIMARY: AgentStatus = {
  instanceId: "i-a",
  role: "primary",
  epoch: EPOCH,
  fileSystem: "ok",
  ready: false,
  notReady: ["its role is primary"],
};
const STANDBY: AgentStatus = { ...PRIMARY, instanceId: "i-b", role: "standby", ready: true, notReady: [] };

beforeEach(async () => {
  messages = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => messages.push(JSON.parse(line).message));
  aws = new Aws();
  const ports = { status: 0, postgres: 0 };
  a = await new DatabaseHost("127.0.1.1", ports, PRIMARY).up();
  b = await new DatabaseHost("127.0.1.2", ports, STANDBY).up();
  a.postgres = "accepting";
  for (const [id, { ip }] of [["i-a", a] as const, ["i-b", b] as const]) {
    aws.instances.push({ id, ip, state: "running", status: "ok", sourceDestCheck: false });
  }
  aws.routes.set("rtb-1", { instanceId: "i-a", state: "active" });
  await enterEnvironment(aws, ports);
  around = { clients: createClients(), settings, clock: systemClock, log };
  memory = NOTHING_REMEMBERED;
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await Promise.all([a.down(), b.down()]);
  await aws.close();
});

const settings = readFailoverSettings({
  STACK,
  DATABASE_GROUP: "DatabaseGroup",
  PROBE_FUNCTION: "CloudyProbe",
  GRANT_SECRET_ID: "CloudyFailover",
  ROUND_SECONDS: "0.05",
});

const remember = (next: Memory) => {
  memory = next;
};

/** One invocation with time for so many rounds, in a warm function. */
function rounds(count: number) {
  return runRounds(around, memory, { trigger: "schedule", remaining_ms: timeFor(count) }, remember);
}

/** One invocation of a cold function. */
function invocation(count: number) {
  return runRounds(around, NOTHING_REMEMBERED, { trigger: "schedule", remaining_ms: timeFor(count) }, () => {});
}

function timeFor(count: number): () => number {
  let left = count;
  return () => {
    left -= 1;
    return left > 0 ? 60_000 : 0;
  };
}

describe("the failover function against EC2's wire protocol", () => {
  test("F3: a right route is left alone, and said so once an invocation", async () => {
    expect(await rounds(3)).toEqual({ statusCode: 200, body: "Route points to i-a" });
    expect(aws.writes).toEqual([]);
    expect(messages).toEqual([
      "i-a serves; nothing to do",
      "Route on rtb-1 already pointing to 10.10.10.10/32 via i-a",
    ]);
  });

  test("F4 F5: every table is led to the writer, after its source/destination check is off", async () => {
    aws.instances[0]!.sourceDestCheck = true;
    aws.routes.set("rtb-1", undefined);
    aws.routes.set("rtb-2", { instanceId: "i-dead", state: "blackhole" });
    await rounds(2);
    expect(aws.writes).toEqual([
      "ModifyInstanceAttribute i-a SourceDestCheck=false",
      "CreateRoute rtb-1 10.10.10.10/32 i-a",
      "ReplaceRoute rtb-2 10.10.10.10/32 i-a",
    ]);
    expect(messages).toContain("Updated route on rtb-1 to 10.10.10.10/32 via i-a");
    expect(messages).toContain("Updated route on rtb-2 to 10.10.10.10/32 via i-a");
  });

  test("F6: none online: 403, and the metric says 0", async () => {
    a.postgres = "starting";
    expect(await rounds(1)).toEqual({ statusCode: 403, body: "No online instances to work with" });
    expect(aws.writes).toEqual([]);
    expect(messages).toEqual(["i-a, the holder of epoch 1, is reached: waits for its postgres"]);
    const Dimensions = [{ Name: "Stack", Value: "cloudy/test" }];
    expect(aws.metrics).toEqual([
      {
        Namespace: "Cloudy/Database",
        MetricData: [
          { MetricName: "OnlineDatabases", Unit: "Count", Values: [0], Counts: [1] },
          { MetricName: "RouteChanges", Unit: "Count", Value: 0 },
          { MetricName: "Fences", Unit: "Count", Value: 0 },
          { MetricName: "BlindRounds", Unit: "Count", Value: 0 },
          { MetricName: "TimeWithoutWriter", Unit: "Seconds", Value: 0 },
          { MetricName: "ReadyStandbys", Unit: "Count", Values: [1], Counts: [1] },
          { MetricName: "FenceLimitReached", Unit: "Count", Value: 0 },
        ].map((datum) => ({ ...datum, Dimensions })),
      },
    ]);
  });

  test("D4: a holder that is not fit is ordered to step down, seen so twice, and the standby that takes over is led to", async () => {
    const because = "postgres recovers, and nothing has moved in it for too long";
    a.postgres = "starting";
    a.status = { ...PRIMARY, unfit: [{ code: "recovery-stalled", because }] };
    a.onOrder = () => {
      const epoch = { number: 2, holder: "i-b", released: false };
      a.status = { ...STANDBY, instanceId: "i-a", epoch, ready: false, notReady: ["it stepped down"] };
      b.status = { ...PRIMARY, instanceId: "i-b", epoch };
      b.postgres = "accepting";
      return { code: 202, because: "i-a releases epoch 1" };
    };
    await rounds(1);
    expect(a.orders).toEqual([]);
    expect(messages).toEqual([
      `i-a, the holder of epoch 1, is not fit to serve: ${because}, and i-b is fit; looks once more`,
    ]);
    await rounds(2);
    const order = { order: "step-down", epoch: 1, holder: "i-a" } as const;
    expect(a.orders).toEqual([{ ...order, mac: orderMac(order, aws.grantKey) }]);
    expect(messages).toContain(
      `Ordered i-a to step down from epoch 1, since ${because}, and i-b is fit: i-a releases epoch 1`,
    );
    expect(aws.writes).toEqual(["ReplaceRoute rtb-1 10.10.10.10/32 i-b"]);
  });

  test("D4: a holder that cannot release its epoch is fenced, though its agent answers", async () => {
    a.postgres = "refusing";
    const unfit = [{ code: "release-overdue", because: "stuck" }];
    a.status = { ...PRIMARY, role: "stopping", notReady: ["its role is stopping"], unfit };
    await rounds(2);
    expect(aws.instances[0]!.state).toBe("shutting-down");
    expect(messages.find((message) => message.startsWith("Fencing"))).toBe(
      "Fencing i-a, the holder of epoch 1: it cannot end its postgres or release its epoch in two rounds, it says so itself, and i-b is ready",
    );
  });

  test("D4: a holder that serves with a certificate that has ended hands over to a standby whose has not", async () => {
    const ended = [{ code: "certificate-ended", because: "its certificate has ended" }];
    a.status = { ...PRIMARY, unfit: ended };
    b.status = { ...STANDBY, unfit: ended };
    await rounds(3);
    expect(a.orders).toEqual([]);
    b.status = STANDBY;
    a.onOrder = () => ({ code: 202, because: "i-a releases epoch 1" });
    await rounds(2);
    expect(a.orders).toHaveLength(1);
    expect(messages).toContain("i-a serves, but is to step down: its certificate has ended, and i-b is fit");
  });

  test("R4: what people are woken for is put as the agents say it, for this stack", async () => {
    const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    const certificate = (days: number) => ({ endsAt: hoursAgo(-24 * days) });
    const lastBase = { backup: "base-1", finishedAt: hoursAgo(30), bytes: 1 };
    const wal = { lastFile: null, lastAt: null, failures: 3, lastFailure: "00", waiting_s: 700 };
    const backups = { lastBase, servingSince: hoursAgo(50), running: false, failures: 0, failure: null, wal };
    a.status = { ...PRIMARY, backups, certificate: certificate(400) };
    b.status = { ...STANDBY, certificate: certificate(20) };
    await rounds(2);
    expect(aws.valueOf("BackupAge") / 3_600).toBeCloseTo(30, 1);
    expect(aws.valueOf("WalAge")).toBe(700);
    expect(aws.valueOf("CertificateDays")).toBeCloseTo(20, 1);
    // Data without a base backup is as old as its instance serves.
    a.status = { ...PRIMARY, backups: { ...backups, lastBase: null } };
    await rounds(1);
    expect(aws.valueOf("BackupAge") / 3_600).toBeCloseTo(50, 1);
  });

  test("R4: a standby that is not ready, and fences that are used up, are counted", async () => {
    b.status = { ...STANDBY, ready: false, notReady: ["it has no file system"] };
    await rounds(1);
    expect(aws.put("ReadyStandbys")).toMatchObject({ Values: [0], Counts: [1] });
    b.status = STANDBY;
    const now = new Date().toISOString();
    aws.fenceTags.set("rtb-1", `7@${now} 8@${now} 9@${now}`);
    await a.down();
    b.blindTo.add(a.ip);
    await rounds(3);
    expect(aws.valueOf("FenceLimitReached")).toBe(1);
    expect(aws.writes).toEqual([]);
  });

  test("D4: a lost host is fenced in the second round; only EC2's `terminated` brings the grant, then the route follows", async () => {
    await a.down();
    b.blindTo.add(a.ip);
    await rounds(1);
    expect(aws.writes).toEqual([]);
    await rounds(3);
    expect(aws.writes).toEqual([
      "CreateTags rtb-1 cloudy:fences=1",
      "TerminateInstances i-a Force=true SkipOsShutdown=true",
    ]);
    expect(b.grants).toEqual([]);
    aws.instances[0]!.state = "terminated";
    aws.routes.set("rtb-1", { instanceId: "i-a", state: "blackhole" });
    b.onGrant = () => {
      b.status = { ...STANDBY, role: "primary", epoch: { number: 2, holder: "i-b", released: false }, ready: false };
      b.postgres = "accepting";
    };
    expect(await rounds(2)).toEqual({ statusCode: 200, body: "Route points to i-b" });
    const grant = { epoch: 1, deadHolder: "i-a", successor: "i-b" };
    expect(b.grants).toEqual([{ ...grant, mac: grantMac(grant, aws.grantKey) }]);
    expect(aws.writes.slice(2)).toEqual(["ReplaceRoute rtb-1 10.10.10.10/32 i-b"]);
  });

  test("D4: a holder that the standby reaches is not fenced, however often the probe misses it", async () => {
    await a.down();
    await rounds(4);
    expect(aws.writes).toEqual([]);
    expect(messages.at(-1)).toContain("i-b does not confirm it: nothing is changed");
  });

  test("D4: without a probe, or without EC2, nothing is changed", async () => {
    await a.down();
    b.blindTo.add(a.ip);
    aws.failing = "probe";
    expect((await rounds(3)).statusCode).toBe(403);
    aws.failing = "ec2";
    await rounds(3);
    aws.failing = "nothing";
    await rounds(1);
    expect(aws.writes).toEqual([]);
    expect(messages).toContain("blind: the probe function did not answer; nothing is changed");
  });

  test("D4: a round before the clock was set back is not the round before: who knows how long ago it was", async () => {
    await a.down();
    b.blindTo.add(a.ip);
    await rounds(1);
    memory = { ...memory, at_ms: memory.at_ms! + 3_600_000 };
    await rounds(1);
    expect(aws.writes).toEqual([]);
    await rounds(1);
    expect(aws.writes).toContain("TerminateInstances i-a Force=true SkipOsShutdown=true");
  });

  test("D4: a holder that EC2 has forgotten is believed dead after GONE_ROUNDS_MIN rounds in a row", async () => {
    await a.down();
    aws.forgotten.add("i-a");
    await rounds(2);
    expect(messages.at(-1)).toBe("i-a, the holder of epoch 1, is unknown to EC2 (round 2 of 100)");
    const almost = memory.last!.observation.instances.map((instance) => ({ ...instance, goneRounds: 98 }));
    memory = { ...memory, last: { soon: false, observation: { ...memory.last!.observation, instances: almost } } };
    await rounds(1);
    expect(b.grants).toEqual([]);
    await rounds(1);
    expect(b.grants).toHaveLength(1);
    expect(aws.writes.filter((write) => write.startsWith("Terminate"))).toEqual([]);
  });

  test("D4: a holder that EC2 does not know, but that answers at the address it had, is not believed dead", async () => {
    a.postgres = "starting";
    await rounds(1);
    aws.forgotten.add("i-a");
    await rounds(2);
    const long = memory.last!.observation.instances.map((instance) => ({ ...instance, goneRounds: 138 }));
    memory = { ...memory, last: { soon: false, observation: { ...memory.last!.observation, instances: long } } };
    await rounds(2);
    expect(b.grants).toEqual([]);
    expect(messages.at(-1)).toBe("i-a, the holder of epoch 1, is unknown to EC2 (round 140 of 100)");
    await a.down();
    b.blindTo.add(a.ip);
    await rounds(3);
    expect(b.grants).not.toEqual([]);
  });

  test("D4: the limit of fences an hour survives a cold start, for EC2 remembers it", async () => {
    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
    aws.fenceTags.set("rtb-1", `96@${ago(61)} 97@${ago(50)} 98@${ago(30)} 99@${ago(1)}`);
    await a.down();
    b.blindTo.add(a.ip);
    await rounds(3);
    expect(aws.writes).toEqual([]);
    expect(messages.at(-1)).toContain("3 fences in an hour are enough");
    aws.fenceTags.set("rtb-1", `97@${ago(61)} 98@${ago(30)} nonsense 99@${ago(1)}`);
    await rounds(1);
    expect(aws.writes).toEqual([
      "CreateTags rtb-1 cloudy:fences=98 99 1",
      "TerminateInstances i-a Force=true SkipOsShutdown=true",
    ]);
  });

  test("D4: a fence that cannot be written down is not done", async () => {
    await a.down();
    b.blindTo.add(a.ip);
    aws.routes.clear();
    await rounds(3);
    expect(aws.writes).toEqual([]);
    expect(messages).toContain("fence failed: no tagged route table to write the fence down on: tag one");
  });

  test("F1: throttled calls are repeated within the round", async () => {
    aws.throttled = 2;
    expect(await rounds(1)).toEqual({ statusCode: 200, body: "Route points to i-a" });
    expect(aws.throttled).toBe(0);
  });

  test("F4: a decision that was overtaken does not take the route back", async () => {
    const stale = { do: "move-route", routeTableId: "rtb-1", instanceId: "i-a", seen: undefined } as const;
    aws.routes.set("rtb-1", { instanceId: "i-b", state: "active" });
    const done = await execute(around, [stale], { sayKept: false });
    expect(done).toEqual({ routeChanges: 0, fences: 0 });
    expect(aws.writes).toEqual([]);
    expect(messages.at(-1)).toBe("Route on rtb-1 was changed meanwhile and leads to i-b: left to the next round");
  });

  test("D4: two invocations at once, from the loss to the new route, do nothing twice that counts", async () => {
    await a.down();
    b.blindTo.add(a.ip);
    aws.onTerminate = () => {
      aws.instances[0]!.state = "terminated";
      aws.routes.set("rtb-1", { instanceId: "i-a", state: "blackhole" });
    };
    b.onGrant = () => {
      b.status = { ...STANDBY, role: "primary", epoch: { number: 2, holder: "i-b", released: false }, ready: false };
      b.postgres = "accepting";
    };
    const results = await Promise.all([1, 2].map(() => invocation(12)));
    expect(results.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    // Each may do all of it, in any order between the two; done once or twice, it comes to the same.
    expect(new Set(aws.writes)).toEqual(
      new Set([
        "CreateTags rtb-1 cloudy:fences=1",
        "TerminateInstances i-a Force=true SkipOsShutdown=true",
        "ReplaceRoute rtb-1 10.10.10.10/32 i-b",
      ]),
    );
    expect(new Set(b.grants.map((grant) => JSON.stringify(grant))).size).toBe(1);
    const terminations = aws.writes.filter((write) => write.startsWith("Terminate")).length;
    expect(terminations).toBeLessThanOrEqual(2);
    expect(aws.routes.get("rtb-1")).toEqual({ instanceId: "i-b", state: "active" });
  });

  test("F6: the time without a writer is counted from the first round that missed it to the first that sees it again", async () => {
    await rounds(2);
    a.postgres = "starting";
    await rounds(3);
    a.postgres = "accepting";
    await rounds(1);
    const seconds = aws.metrics.map((put) => {
      const { MetricData } = put as { MetricData: { MetricName: string; Value: number }[] };
      return MetricData.find(({ MetricName }) => MetricName === "TimeWithoutWriter")!.Value;
    });
    expect(seconds[0]).toBe(0);
    // Three pauses of 50 ms: two within the outage, one to the round that saw its end.
    const sum = seconds.reduce((total, value) => total + value, 0);
    expect(sum).toBeGreaterThanOrEqual(0.14);
    const told = messages.flatMap((message) => /^A primary serves again, (\d+\.\d) s after/.exec(message)?.[1] ?? []);
    expect(told).toHaveLength(1);
    // Told to a tenth of a second, which the sum may round the other way.
    expect(Math.abs(Number(told[0]) - sum)).toBeLessThan(0.06);
  });

  test("D4: also the rounds of two invocations in a row are ROUND_SECONDS apart", async () => {
    await rounds(1);
    const first_ms = memory.at_ms!;
    await rounds(1);
    expect(memory.at_ms! - first_ms).toBeGreaterThanOrEqual(settings.round_ms - 1);
  });

  test("F1: an invocation by an event ends after two rounds when all is well, a scheduled one goes on", async () => {
    const remaining_ms = vi.fn(() => 60_000);
    await runRounds(around, memory, { trigger: "event", remaining_ms }, remember);
    expect(remaining_ms).toHaveBeenCalledTimes(1);
  });

  test("F1: an invocation by an event leaves what lasts to the scheduled ones", async () => {
    a.postgres = "starting";
    const remaining_ms = vi.fn(() => 60_000);
    await runRounds(around, memory, { trigger: "event", remaining_ms }, remember);
    expect(remaining_ms).toHaveBeenCalledTimes(3);
  });

  test("F1: hurried rounds leave as much time as they take", async () => {
    a.postgres = "starting";
    await rounds(1);
    const now_ms = memory.at_ms! + 100;
    const slow = {
      ...around,
      settings: { ...settings, round_ms: 5_000 },
      clock: { ...systemClock, now_ms: () => now_ms },
    };
    expect(memory.last!.soon).toBe(true);
    expect(pauseAfter({ ...memory, took_ms: 100 }, slow)).toBe(1_900);
    expect(pauseAfter({ ...memory, took_ms: 3_000 }, slow)).toBe(5_900);
    expect(pauseAfter({ ...memory, took_ms: 9_000 }, slow)).toBe(13_900);
    const usual = { ...memory, took_ms: 9_000, last: { ...memory.last!, soon: false } };
    expect(pauseAfter(usual, slow)).toBe(4_900);
    const setBack = { ...slow, clock: { ...systemClock, now_ms: () => now_ms - 3_600_000 } };
    expect(pauseAfter(usual, setBack)).toBe(5_000);
  });

  test("F1: an event of another auto-scaling group is none of its business", async () => {
    vi.stubEnv("DATABASE_GROUP", "DatabaseGroup");
    vi.stubEnv("PROBE_FUNCTION", "CloudyProbe");
    vi.stubEnv("GRANT_SECRET_ID", "CloudyFailover");
    vi.stubEnv("ROUND_SECONDS", "0.05");
    const { handler } = await import("../src/failover.ts");
    const context = { getRemainingTimeInMillis: () => 60_000 };
    const event = (group: string) => ({ source: "aws.autoscaling", detail: { AutoScalingGroupName: group } });
    expect(await handler(event("WebGroup"), context)).toEqual({
      statusCode: 200,
      body: "Group WebGroup is not the database group",
    });
    expect(await handler(event("DatabaseGroup"), context)).toEqual({ statusCode: 200, body: "Route points to i-a" });
  });

  test("a wrong environment is named", () => {
    expect(() => readFailoverSettings({ ROUND_SECONDS: "soon" })).toThrow(
      'wrong environment: [STACK] is not set; [DATABASE_GROUP] is not set; [PROBE_FUNCTION] is not set; [ROUND_SECONDS] must be a positive number, got "soon"; [GRANT_SECRET_ID] is not set',
    );
  });
});
