import type { AgentStatus } from "@cloudy/contracts/agent-status.ts";
import { orderMac } from "@cloudy/contracts/signed-messages.ts";
import type { SwitchoverRefusal } from "@cloudy/contracts/switchover.ts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createClients } from "../src/clients.ts";
import { systemClock } from "../src/clock.ts";
import { log } from "../src/log.ts";
import { switchOver } from "../src/operator/switchover.ts";
import { readFailoverSettings } from "../src/settings.ts";
import type { Surroundings } from "../src/surroundings.ts";
import { Aws, STACK } from "./aws.ts";
import { DatabaseHost } from "./database-host.ts";
import { enterEnvironment } from "./function-environment.ts";

let aws: Aws;
let a: DatabaseHost;
let b: DatabaseHost;
let around: Surroundings;

const PRIMARY: AgentStatus = {
  instanceId: "i-a",
  role: "primary",
  epoch: { number: 1, holder: "i-a", released: false },
  fileSystem: "ok",
  ready: false,
  notReady: ["its role is primary"],
};
const STANDBY: AgentStatus = { ...PRIMARY, instanceId: "i-b", role: "standby", ready: true, notReady: [] };

beforeEach(async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  aws = new Aws();
  const ports = { status: 0, postgres: 0 };
  a = await new DatabaseHost("127.0.3.1", ports, PRIMARY).up();
  b = await new DatabaseHost("127.0.3.2", ports, STANDBY).up();
  a.postgres = "accepting";
  a.onOrder = () => {
    stepDown("i-b");
    return { code: 202, because: "i-a releases epoch 1" };
  };
  for (const [id, { ip }] of [["i-a", a] as const, ["i-b", b] as const]) {
    aws.instances.push({ id, ip, state: "running", status: "ok", sourceDestCheck: id === "i-b" });
  }
  aws.routes.set("rtb-1", { instanceId: "i-a", state: "active" });
  aws.routes.set("rtb-2", { instanceId: "i-a", state: "active" });
  await enterEnvironment(aws, ports);
  const settings = readFailoverSettings({
    STACK,
    DATABASE_GROUP: "DatabaseGroup",
    PROBE_FUNCTION: "CloudyProbe",
    GRANT_SECRET_ID: "CloudyFailover",
  });
  // The pauses between two looks pass at once.
  const clock = { ...systemClock, sleep: () => systemClock.sleep(1) };
  around = { clients: createClients(), settings, clock, log };
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await Promise.all([a.down(), b.down()]);
  await aws.close();
});

/** i-a stops its postgres and releases; `successor` makes the next epoch and serves. */
function stepDown(successor: "i-a" | "i-b"): void {
  const epoch = { number: 2, holder: successor, released: false };
  const [next, other] = successor === "i-b" ? [b, a] : [a, b];
  next.status = { ...PRIMARY, instanceId: successor, epoch };
  next.postgres = "accepting";
  other.status = {
    ...STANDBY,
    instanceId: other.status.instanceId,
    epoch,
    ready: false,
    notReady: ["it stepped down"],
  };
  other.postgres = "refusing";
}

const plenty = () => 60_000;

describe("planned switchover", () => {
  test("D6: the writer gets one signed order, and it is done once the next one serves and every route leads to it", async () => {
    const result = await switchOver(around, plenty);
    expect(result).toMatchObject({ outcome: "done", from: "i-a", to: "i-b", epoch: 2 });
    expect(result.sentence).toMatch(/^i-b serves in epoch 2 instead of i-a, after \d+\.\d s\.$/);
    const order = { order: "step-down", epoch: 1, holder: "i-a" } as const;
    expect(a.orders).toEqual([{ ...order, mac: orderMac(order, aws.grantKey) }]);
    expect(b.orders).toEqual([]);
    expect(aws.writes).toEqual([
      "ModifyInstanceAttribute i-b SourceDestCheck=false",
      "ReplaceRoute rtb-1 10.10.10.10/32 i-b",
      "ReplaceRoute rtb-2 10.10.10.10/32 i-b",
    ]);
  });

  test.each<[string, () => unknown, SwitchoverRefusal, string]>([
    [
      "no standby is ready",
      () => (b.status = { ...STANDBY, ready: false, notReady: ["its secrets are not loaded yet"] }),
      "no-standby",
      "no standby is ready to take over from i-a (i-b: its secrets are not loaded yet)",
    ],
    ["the standby is away", () => b.down(), "no-standby", "no standby is ready to take over from i-a"],
    [
      "the standby is impaired",
      () => (aws.instances[1]!.status = "impaired"),
      "standby-impaired",
      "EC2 calls i-b, the only ready standby, impaired",
    ],
    [
      "the holder's agent answers nothing that is a status",
      () => (a.status = {} as AgentStatus),
      "agent-unreached",
      "the agent of i-a, which serves, is not reached",
    ],
    ["nobody serves", () => (a.postgres = "starting"), "no-primary", "no primary serves that could step down"],
    ["the probe is out of order", () => (aws.failing = "probe"), "probe-silent", "the probe function did not answer"],
    ["EC2 refuses", () => (aws.failing = "ec2"), "round-failed", "You are not authorized"],
  ])("D6: refused when %s, and nobody is ordered anything", async (_, arrange, code, because) => {
    await arrange();
    expect(await switchOver(around, plenty)).toEqual({
      outcome: "refused",
      code,
      sentence: `Nothing was changed: ${because}.`,
    });
    expect([...a.orders, ...b.orders, ...aws.writes]).toEqual([]);
  });

  test("D6: refused when the holder refuses, with its reason", async () => {
    a.onOrder = () => ({ code: 409, because: "this instance is leaving already" });
    expect(await switchOver(around, plenty)).toEqual({
      outcome: "refused",
      code: "order-refused",
      sentence: "Nothing was changed: i-a answered 409, this instance is leaving already.",
    });
  });

  test("D6: two at once are one", async () => {
    let given = 0;
    a.onOrder = () => {
      given += 1;
      if (given > 1) return { code: 409, because: "this instance is leaving already" };
      stepDown("i-b");
      return { code: 202, because: "i-a releases epoch 1" };
    };
    const outcomes = (await Promise.all([switchOver(around, plenty), switchOver(around, plenty)])).map(
      ({ outcome }) => outcome,
    );
    expect(outcomes.toSorted()).toEqual(["done", "refused"]);
    expect(new Set(a.orders.map((order) => JSON.stringify(order))).size).toBe(1);
  });

  test("D6: it says so when the same instance took the next epoch", async () => {
    a.onOrder = () => {
      stepDown("i-a");
      return { code: 202, because: "i-a releases epoch 1" };
    };
    const result = await switchOver(around, plenty);
    expect(result).toMatchObject({ outcome: "returned", from: "i-a", to: "i-a", epoch: 2 });
  });

  test("D6: it gives up before the function's time is up, and says where it stands", async () => {
    a.onOrder = () => {
      a.postgres = "refusing";
      return { code: 202, because: "i-a releases epoch 1" };
    };
    let left_ms = 70_000;
    const result = await switchOver(around, () => {
      left_ms -= 3_000;
      return left_ms;
    });
    expect(result).toMatchObject({ outcome: "unfinished", from: "i-a", epoch: 1 });
    expect(result.sentence).toContain("i-a, the holder of epoch 1, is reached: waits for its postgres");
  });

  test("D6: an order of which nobody knows whether it arrived is called that", async () => {
    a.onOrder = () => undefined;
    const result = await switchOver(around, plenty);
    expect(result.outcome).toBe("unfinished");
    expect(result.sentence).toContain("It is not known whether i-a got the order");
  });
});
