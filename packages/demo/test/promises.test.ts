import { expect, test } from "vitest";
import { type Findings, isHeld, judge, unexcused, voidedBy } from "../src/promises.ts";
import { GOOD_RUN, walk } from "./situations.ts";

const good: Findings = {
  state: walk(GOOD_RUN).state,
  speed: 10,
  shares: ["i-web1", "i-web2", "i-web3"].map((id, index) => ({ hostname: id, instanceId: id, responses: 100 + index })),
  balanced: new Map([
    ["a", 30],
    ["b", 20],
  ]),
  recovered_ms: 515_000,
  comparison: { acknowledged: 500, lost: [], doubled: [], unanswered: 9, unansweredButStored: 1 },
  failures: [{ request: "POST /users", sent_ms: 480_000, done_ms: 481_000, reason: "status 503" }],
  toCloud_ms: (wall_ms) => wall_ms,
  generator: { cpu_percent: 7, delay_ms: 2 },
};
const broken = (findings: Findings) =>
  judge(findings)
    .filter((promise) => promise.held === false)
    .map(({ code }) => code);

test("T1, T2, T3: a run in which everything was kept is held", () => {
  expect(broken(good)).toEqual([]);
  expect(isHeld(judge(good), voidedBy(good))).toBe(true);
  const failover = judge(good).find(({ code }) => code === "failover");
  // The machine took the database away at 470 s; writes came back at 515 s.
  expect(failover?.measured).toBe("45 s (4.5 s wall)");
  expect(judge(good).find(({ code }) => code === "shares")?.measured).toBe("1.50");
});

test("each promise is called by what it says", () => {
  expect(judge(good).map(({ code, name }) => [code, name])).toEqual([
    ["scaled-out", "scaled out under load"],
    ["scaled-in", "scaled in afterwards"],
    ["every-instance-answered", "every instance in service answered"],
    ["shares", "largest to smallest share of responses while all were in service"],
    ["failover", "failover: from termination to the next acknowledged write"],
    ["no-write-lost", "no acknowledged write was lost"],
    ["no-write-doubled", "no write was doubled"],
    ["unanswered-writes", "writes without an answer, and how many of them were stored"],
    ["no-errors", "no failed request, except for writes during the failover"],
    ["generator-free", "load generator not saturated"],
  ]);
});

test.each([
  ["a lost write", { comparison: { ...good.comparison, lost: ["demo-1"] } }, "no-write-lost"],
  ["a doubled write", { comparison: { ...good.comparison, doubled: ["demo-1"] } }, "no-write-doubled"],
  ["writes that cannot be read back", { comparison: undefined }, "no-write-lost"],
  ["nothing acknowledged at all", { comparison: { ...good.comparison, acknowledged: 0 } }, "no-write-doubled"],
  ["an instance that never answered", { shares: good.shares.slice(1) }, "every-instance-answered"],
  ["no recovery", { recovered_ms: undefined }, "failover"],
  ["a slow recovery", { recovered_ms: 900_000 }, "failover"],
  ["no scaling out", { state: { ...good.state, healthyPeak: 2 } }, "scaled-out"],
] as const)("%s breaks its promise, and the run", (_, different, code) => {
  const findings = { ...good, ...different } as Findings;
  expect(broken(findings)).toContain(code);
  expect(isHeld(judge(findings), voidedBy(findings))).toBe(false);
});

test("only writes that overlap with the failover may fail", () => {
  const failure = (request: "GET /load" | "GET /" | "POST /users", sent_ms: number, done_ms: number) =>
    ({ request, sent_ms, done_ms, reason: "status 503" }) as const;
  const excused = [failure("POST /users", 469_000, 471_000), failure("POST /users", 574_000, 576_000)];
  const not = [
    failure("POST /users", 460_000, 469_000),
    failure("POST /users", 576_000, 577_000),
    failure("GET /load", 480_000, 481_000),
    failure("GET /", 480_000, 481_000),
  ];
  expect(unexcused({ ...good, failures: [...excused, ...not] })).toEqual(not);
});

test("what failed is told: when, what and why, the first ones one by one", () => {
  const failures = Array.from({ length: 7 }, (_, index) => ({
    request: "GET /" as const,
    sent_ms: 61_000 + index * 1000,
    done_ms: 63_500 + index * 1000,
    reason: "status 502",
  }));
  const promise = judge({ ...good, failures }).find(({ held }) => held === false);
  expect(promise?.details).toHaveLength(6);
  expect(promise?.details?.[0]).toBe("1:01 GET /: status 502 after 2.5 s");
  expect(promise?.details?.[5]).toBe("and 2 more");
  expect(judge(good).find(({ code }) => code === "no-errors")?.details).toEqual([]);
});

test("refusals are failures, counted by their kind", () => {
  const failed = (request: "GET /" | "GET /load", reason: string, count: number) =>
    Array.from({ length: count }, () => ({ request, sent_ms: 61_000, done_ms: 61_500, reason }));
  const failures = [...failed("GET /", "status 404", 3), ...failed("GET /load", "status 429", 9)];
  const promise = judge({ ...good, failures }).find(({ code }) => code === "no-errors");
  expect(promise).toMatchObject({ held: false, measured: "12 of 12 failed" });
  expect(promise?.details?.at(-1)).toBe("in all: 9 × GET /load: status 429, 3 × GET /: status 404");
});

test("a web group that cannot grow promises nothing of it, and the rest is judged", () => {
  const { stack } = good.state;
  if (stack === undefined) throw new Error("a good run knows its stack");
  const fixed = { ...good, state: { ...good.state, healthyPeak: 2, stack: { ...stack, cannotScale: "one size" } } };
  const told = judge(fixed).filter(({ code }) => code === "scaled-out" || code === "scaled-in");
  expect(told.map(({ measured, required }) => [measured, required])).toEqual([
    ["not shown: one size", ""],
    ["not shown: one size", ""],
  ]);
  expect(isHeld(judge(fixed), [])).toBe(true);
});

test("without enough load scaling is not shown rather than broken, with the reason, and the run is not held", () => {
  const gaveUp = "6 connections bring the web group to 20 % CPU";
  const state = { ...good.state, healthyPeak: 2, gaveUp };
  const told = judge({ ...good, state });
  expect(told.slice(0, 2).map(({ held }) => held)).toEqual([undefined, undefined]);
  expect(told[0]?.details).toEqual([`not enough load: ${gaveUp}`]);
  expect(isHeld(told, [])).toBe(false);
});

test("with a single database the failover may take a boot longer", () => {
  const { stack } = good.state;
  if (stack === undefined) throw new Error("a good run knows its stack");
  const state = { ...good.state, stack: { ...stack, hasStandby: false } };
  const failover = (recovered_ms: number) =>
    judge({ ...good, state, recovered_ms }).find(({ code }) => code === "failover");
  expect(failover(1_300_000)).toMatchObject({ held: true, required: "at most 900 s" });
  expect(failover(1_400_000)).toMatchObject({ held: false });
});

test("a saturated generator voids the verdict", () => {
  for (const generator of [
    { cpu_percent: 81, delay_ms: 1 },
    { cpu_percent: 5, delay_ms: 101 },
  ]) {
    const findings = { ...good, generator };
    expect(voidedBy(findings)).toHaveLength(1);
    expect(isHeld(judge(findings), voidedBy(findings))).toBe(false);
  }
});

test("nothing is said to be held before it can be told", () => {
  const early = { ...good, state: walk(GOOD_RUN.slice(0, 2)).state, comparison: undefined, recovered_ms: undefined };
  const told = judge({ ...early, failures: [] }).filter((promise) => promise.held !== undefined);
  expect(told).toEqual([]);
});
