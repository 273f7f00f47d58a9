import { describe, expect, test } from "vitest";
import { AgentStatusSchema } from "../src/agent-status.ts";
import { parse } from "../src/document.ts";
import { parseGrant } from "../src/grant.ts";
import { parseOrder } from "../src/order.ts";
import { ProbeAnswerSchema } from "../src/probe-answer.ts";
import { ProbeEventSchema } from "../src/probe-event.ts";

/** Agents, probe function and failover function are replaced one after the other: each must understand the release before. */

/** What decisions are made on: without it nobody knows what an agent is. */
const needed = { instanceId: "i-a", role: "standby", epoch: null, fileSystem: "ok", ready: true };
const restoring = { backup: "20260102T030405Z-e1", targetTime: null };

const readStatus = (given: unknown) => parse(AgentStatusSchema, given, "it");
const agentOf = (agent: unknown) =>
  parse(ProbeAnswerSchema, { results: [{ instanceId: "i-a", agent, postgres: "starting" }], opinions: [] }, "it")
    .results[0]?.agent;

describe("an agent's status", () => {
  test("of an agent that says no more than is needed has no reasons", () => {
    expect(readStatus(needed)).toEqual({ ...needed, notReady: [] });
  });

  test.each(["yes", [1], {}])("with the reasons %j has none", (notReady) => {
    expect(readStatus({ ...needed, notReady })).toEqual({ ...needed, notReady: [] });
  });

  test.each([
    { ...needed, role: "leader" },
    { ...needed, fileSystem: "slow" },
    { ...needed, ready: "yes" },
    { ...needed, epoch: undefined },
    { ...needed, epoch: { number: 1.5, holder: "i-a", released: false } },
    { ...needed, epoch: { number: 1, holder: "i-a" } },
  ])("%j is none, and the agent counts as not reached", (given) => {
    expect(() => readStatus(given)).toThrow("it is no agent status: ");
    expect(agentOf(given)).toBeUndefined();
  });

  test("tells a restore in the agent's form", () => {
    const told = { ...needed, restore: restoring, restoreFailure: null };
    expect(readStatus(told)).toMatchObject({ restore: restoring, restoreFailure: null });
    expect(agentOf(told)).toMatchObject({ restore: restoring, restoreFailure: null });
  });

  test("tells a restore in the form of an earlier probe function", () => {
    const running = { running: restoring.backup, failure: null };
    expect(agentOf({ ...needed, restore: running })).toMatchObject({
      restore: { backup: restoring.backup },
      restoreFailure: null,
    });
    const failed = { running: null, failure: "no such backup" };
    expect(agentOf({ ...needed, restore: failed })).toMatchObject({ restore: null, restoreFailure: "no such backup" });
  });

  test.each([[null], ["soon"], [{}], [{ backup: 7 }]])("is one whatever it says of a restore: %j", (restore) => {
    expect(readStatus({ ...needed, restore })).toMatchObject(needed);
  });
});

describe("the probe function's answer", () => {
  const read = (result: object, opinion: object = { by: "i-b", about: "i-a", reached: false }) =>
    parse(ProbeAnswerSchema, { results: [{ instanceId: "i-a", ...result }], opinions: [opinion] }, "it");

  test.each([undefined, "hung", 1])("PostgreSQL's answer %j is none", (postgres) => {
    expect(read({ postgres }).results).toEqual([{ instanceId: "i-a", agent: undefined, postgres: "unreachable" }]);
  });

  test.each([
    [false, false],
    [true, true],
    ["no", true],
    [undefined, true],
  ])("only a clear no says that a peer is not reached: %j", (reached, isReached) => {
    expect(read({}, { by: "i-b", about: "i-a", reached }).opinions).toEqual([
      { by: "i-b", about: "i-a", reached: isReached },
    ]);
  });

  test("without results it is none", () => {
    expect(() => parse(ProbeAnswerSchema, { statusCode: 200 }, "it")).toThrow("it lacks [results], [opinions]");
  });
});

test("the probe function delivers a message of a newer release as it is", () => {
  const order = { targetIp: "10.0.0.1", order: "rest", epoch: 4, holder: "i-a", hours: 2, mac: "aa" };
  expect(parse(ProbeEventSchema, { candidates: [], order }, "it").order).toEqual(order);
});

test("D4: nothing that is not signed comes in with a grant or an order", () => {
  const grant = { epoch: 4, deadHolder: "i-a", successor: "i-b", mac: "aa" };
  expect(parseGrant(JSON.stringify({ ...grant, force: true }))).toEqual(grant);
  const order = { order: "restore", epoch: 4, holder: "i-a", ...restoring };
  expect(parseOrder(JSON.stringify({ ...order, mac: "aa", force: true }))).toEqual({ order, mac: "aa" });
  for (const change of [
    { epoch: 0 },
    { order: "rest" },
    { backup: "../x" },
    { targetTime: "2026-01-02" },
    { mac: 1 },
  ]) {
    expect(parseOrder(JSON.stringify({ ...order, mac: "aa", ...change }))).toBeUndefined();
  }
});
