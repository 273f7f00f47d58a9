import type { AgentStatus } from "@cloudy/contracts/agent-status.ts";
import { orderMac } from "@cloudy/contracts/signed-messages.ts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { handler } from "../src/failover.ts";
import { Aws } from "./aws.ts";
import { DatabaseHost } from "./database-host.ts";
import { enterEnvironment } from "./function-environment.ts";

let aws: Aws;
let a: DatabaseHost;

const PRIMARY: AgentStatus = {
  instanceId: "i-a",
  role: "primary",
  epoch: { number: 4, holder: "i-a", released: false },
  fileSystem: "ok",
  ready: false,
  notReady: ["its role is primary"],
};

beforeEach(async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  aws = new Aws();
  const ports = { status: 0, postgres: 0 };
  a = await new DatabaseHost("127.0.4.1", ports, PRIMARY).up();
  a.onOrder = () => ({ code: 202, because: "i-a restores 20260102T030405Z-e1 in epoch 4" });
  aws.instances.push({ id: "i-a", ip: a.ip, state: "running", status: "ok", sourceDestCheck: false });
  aws.routes.set("rtb-1", { instanceId: "i-b", state: "active" });
  await enterEnvironment(aws, ports);
  vi.stubEnv("DATABASE_GROUP", "DatabaseGroup");
  vi.stubEnv("PROBE_FUNCTION", "CloudyProbe");
  vi.stubEnv("GRANT_SECRET_ID", "CloudyFailover");
  // The handler keeps its clients, and with them the endpoint, as a warm function does.
  vi.resetModules();
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await a.down();
  await aws.close();
});

const point = { backup: "20260102T030405Z-e1", targetTime: "2026-01-02T04:00:00.000Z" };

async function invoke(event: unknown, remaining_ms = 60_000) {
  const fresh = (await import("../src/failover.ts")) as { handler: typeof handler };
  return fresh.handler(event, { getRemainingTimeInMillis: () => remaining_ms });
}

describe("restore by an operator's word", () => {
  test("D2: the holder gets the signed order, even when its postgres does not start", async () => {
    expect(await invoke({ restore: point })).toEqual({
      outcome: "accepted",
      holder: "i-a",
      epoch: 4,
      sentence: "i-a restores 20260102T030405Z-e1 in epoch 4",
    });
    const order = { order: "restore", epoch: 4, holder: "i-a", ...point } as const;
    expect(a.orders).toEqual([{ ...order, mac: orderMac(order, aws.grantKey) }]);
    expect(aws.writes).toEqual([]);
  });

  test("D2: without a target time everything archived is replayed, which is signed as `latest`", async () => {
    await invoke({ restore: { ...point, targetTime: null } });
    const order = { order: "restore", epoch: 4, holder: "i-a", backup: point.backup, targetTime: null } as const;
    expect(a.orders).toEqual([{ ...order, mac: orderMac(order, aws.grantKey) }]);
  });

  test.each<[string, () => unknown, string]>([
    ["the holder is not reached", () => a.down(), "no agent was reached that knows an epoch"],
    [
      "nobody holds the epoch",
      () => (a.status = { ...PRIMARY, epoch: { number: 4, holder: "i-a", released: true } }),
      "epoch 4 is released, nobody holds the next one yet",
    ],
    [
      "the holder refuses",
      () => (a.onOrder = () => ({ code: 409, because: "the restore of 20260101T000000Z-e1 is under way" })),
      "i-a answered 409, the restore of 20260101T000000Z-e1 is under way",
    ],
  ])("D2: refused when %s", async (_, arrange, because) => {
    await arrange();
    const refusal = { outcome: "refused", sentence: `Nothing was changed: ${because}.` };
    expect(await invoke({ restore: point }, 1_000)).toEqual(refusal);
  });

  test.each([
    [{}, "[restore.backup] must name a base backup"],
    [
      { backup: "b", targetTime: "yesterday" },
      '[restore.targetTime] must be null or a time like 2026-01-02T03:04:05.678Z, got "yesterday"',
    ],
  ])("D2: %j is no restore", async (restore, message) => {
    await expect(invoke({ restore })).rejects.toThrow(message);
    expect(a.orders).toEqual([]);
  });

  test("D2: a look tells how the restore goes and changes nothing", async () => {
    const seen = { outcome: "seen", epoch: 4, holder: "i-a" };
    const body = { ...PRIMARY, restore: { backup: point.backup, targetTime: null }, restoreFailure: null };
    a.status = body as unknown as AgentStatus;
    expect(await invoke({ look: {} })).toMatchObject({
      ...seen,
      online: 0,
      restore: point.backup,
      restoreFailure: null,
    });
    a.status = { ...body, restore: null, restoreFailure: "no such backup" } as unknown as AgentStatus;
    a.postgres = "accepting";
    expect(await invoke({ look: {} })).toMatchObject({
      ...seen,
      online: 1,
      restore: null,
      restoreFailure: "no such backup",
    });
    expect(aws.writes).toEqual([]);
  });
});
