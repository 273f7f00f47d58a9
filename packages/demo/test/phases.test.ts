import { expect, test } from "vitest";
import { firstState, presentPhase, step, waiting } from "../src/phases.ts";
import { GOOD_RUN, situation, walk } from "./situations.ts";

const failures = (state: ReturnType<typeof walk>["state"]) =>
  state.phases.flatMap((phase) => (phase.failure === undefined ? [] : [`${phase.name}: ${phase.failure}`]));

test("T1, T3: a good run goes through every phase in order and acts once in each", () => {
  const { state, done } = walk(GOOD_RUN);
  expect(state.phases.map((phase) => phase.name)).toEqual([
    "baseline",
    "high-CPU alarm",
    "scale out",
    "all serve",
    "failover",
    "writes again",
    "low-CPU alarm",
    "scale in",
    "read back",
  ]);
  expect(done).toEqual(["start load", "terminate i-db1", "stop load", "stop load", "read back"]);
  expect(failures(state)).toEqual([]);
  expect(state).toMatchObject({
    isOver: true,
    base: 2,
    healthyPeak: 3,
    movedTo: "i-db2",
    lost: { instanceId: "i-db1" },
  });
});

test("a phase stays until what it waits for is there", () => {
  const { state } = walk([...GOOD_RUN.slice(0, 2), situation(100), situation(180)]);
  expect(presentPhase(state)?.name).toBe("high-CPU alarm");
  expect(waiting(state)).toBe("the high-CPU alarm");
});

test("an alarm that never comes is named, and the failover is shown all the same", () => {
  const { state, done } = walk([...GOOD_RUN.slice(0, 2), situation(600), situation(1600), situation(1601)]);
  expect(failures(state)).toEqual([
    "high-CPU alarm: waited 480 s of cloud time for the high-CPU alarm",
    "scale out: waited 900 s of cloud time for 3 healthy web instances",
  ]);
  expect(done).toContain("terminate i-db1");
});

test("a virtual IP that never moves is named, and load still ends before the writes are read back", () => {
  const stuck = { holder: undefined, healthy: ["i-web1", "i-web2", "i-web3"] };
  const { state, done } = walk([
    ...GOOD_RUN.slice(0, 6),
    situation(1000, stuck),
    situation(1400, stuck),
    situation(1410, stuck),
  ]);
  expect(failures(state)[0]).toBe("failover: waited 480 s of cloud time for the virtual IP to leave i-db1");
  expect(state.movedTo).toBeUndefined();
  expect(done).toContain("stop load");
});

test("without an active database there is nothing to take away, and nothing is terminated", () => {
  const none = { holder: undefined };
  let { state } = walk(GOOD_RUN.slice(0, 4));
  let done: readonly { readonly kind: string }[] = [];
  for (const now of [situation(470, none), situation(705, none), situation(706, none)]) {
    [state, done] = step(state, now);
    expect(done.map((effect) => effect.kind)).not.toContain("terminate");
  }
  expect(failures(state).join()).toContain("no active database to take away");
});

test("a system that is not up at the start is not put under load", () => {
  const away = { healthy: [], holder: undefined };
  const { state, done } = walk([situation(0, away), situation(300, away), situation(601, away)]);
  expect(done).toEqual(["stop load", "read back"]);
  expect(presentPhase(state)?.name).toBe("read back");
});

test("once over, it stays over", () => {
  const { state } = walk(GOOD_RUN);
  expect(step(state, situation(5000))).toEqual([state, []]);
  expect(presentPhase(firstState(0))?.name).toBe("baseline");
});

const names = (state: ReturnType<typeof walk>["state"]) => state.phases.map((phase) => phase.name);
const web = (count: number) => ({
  desired: count,
  inService: count,
  healthy: Array.from({ length: count }, (_, index) => `i-web${index + 1}`),
  targets: count,
  served: Array.from({ length: count }, (_, index) => `i-web${index + 1}`),
});
const shown = { acknowledged: 10, recovered_ms: 515_000, holder: "i-db2" };

test("T1: target tracking is followed by AWS's alarms, or by the group itself where none can be seen", () => {
  const rules = {
    webMin: 3,
    webMax: 9,
    policies: 1,
    targetPercent: 50,
    highRule: { threshold: 50, period_s: 60, periods: 3 },
    lowRule: { threshold: 45, period_s: 60, periods: 15 },
  };
  const unseen = { highAlarm: undefined, lowAlarm: undefined, isAlarmExpected: false };
  for (const seen of [{}, unseen]) {
    const tracked = (now_s: number, count: number, more = {}) =>
      situation(now_s, { ...rules, ...web(count), ...seen, ...more });
    const { state, done } = walk([
      tracked(0, 3, { acknowledged: 0 }),
      tracked(61, 3),
      tracked(300, 3, "highAlarm" in seen ? { desired: 5 } : { highAlarm: "ALARM" }),
      tracked(350, 3, { desired: 5, healthy: web(4).healthy }),
      tracked(400, 5),
      tracked(470, 5),
      tracked(500, 5, shown),
      tracked(580, 5, shown),
      // Fourteen minutes of quiet are not fifteen: still waiting, and not over its deadline.
      tracked(1480, 5, shown),
      tracked(1600, 3, { ...shown, ...("highAlarm" in seen ? {} : { lowAlarm: "ALARM" }) }),
      tracked(1610, 3, shown),
      tracked(1620, 3, { ...shown, readBack: "done" }),
    ]);
    expect(names(state)).toEqual(names(walk(GOOD_RUN).state));
    expect(failures(state)).toEqual([]);
    expect(done).toEqual(["start load", "terminate i-db1", "stop load", "stop load", "read back"]);
    expect(state).toMatchObject({ isOver: true, base: 3, healthyPeak: 5 });
  }
});

test.each([
  ["one size", { webMax: 2 }],
  ["no policy", { policies: 0, isAlarmExpected: false, highAlarm: undefined, lowAlarm: undefined }],
])("a web group with %s is loaded, and nobody waits for it to grow", (_, different) => {
  const fixed = (now_s: number, more = {}) => situation(now_s, { ...different, ...more });
  const { state, done } = walk([
    fixed(0),
    fixed(61),
    fixed(130),
    fixed(500, shown),
    fixed(580, shown),
    fixed(590, { ...shown, readBack: "done" }),
  ]);
  expect(names(state)).toEqual(["baseline", "all serve", "failover", "writes again", "read back"]);
  expect(done).toEqual(["start load", "terminate i-db1", "stop load", "read back"]);
  expect(failures(state)).toEqual([]);
});

test("with a single database nobody waits for a standby, and the failover is given the time of a boot", () => {
  const single = (now_s: number, more = {}) =>
    situation(now_s, { databasesDesired: 1, databasesInService: 1, ...web(3), ...more });
  const { state } = walk([
    ...GOOD_RUN.slice(0, 2).map((moment) => ({ ...moment, databasesDesired: 1, databasesInService: 1 })),
    single(200, { highAlarm: "ALARM" }),
    single(400),
    single(470),
    single(1470, { holder: undefined }),
  ]);
  expect(presentPhase(state)?.name).toBe("failover");
  expect(failures(state)).toEqual([]);
});

test("a web group of one instance at rest is enough to begin with", () => {
  const one = (now_s: number) => situation(now_s, { webMin: 1, ...web(1) });
  expect(presentPhase(walk([one(0), one(61)]).state)?.name).toBe("high-CPU alarm");
});

const cpu = (t_s: number, value: number) => ({ cpu: { t_ms: t_s * 1000, value } });
const served = { seconds: 5, servedPerSecond: 30, served: 150, failed: {}, generatorCpu_percent: 3 };

test("load that is too little grows step by step, and each step has the alarm's time", () => {
  const { state, done } = walk([
    ...GOOD_RUN.slice(0, 2),
    situation(185, { ...cpu(120, 20), load: served }),
    situation(600, { ...cpu(480, 70), load: { ...served, servedPerSecond: 90 } }),
  ]);
  expect(done).toEqual(["start load", "resize load"]);
  expect(state.ramp?.connections).toBe(20);
  expect(presentPhase(state)?.name).toBe("high-CPU alarm");
});

test("a limit ends the wait for the alarm at once, by its name, and the failover is shown all the same", () => {
  const { state, done } = walk([
    ...GOOD_RUN.slice(0, 2),
    situation(185, { ...cpu(120, 20), load: served }),
    situation(305, { ...cpu(240, 20), load: served }),
    situation(425, { ...cpu(360, 20), load: served }),
    situation(426),
  ]);
  expect(failures(state)[0]).toMatch(
    /^high-CPU alarm: 66 connections bring the web group to 20 % CPU, and more than 60 % is/,
  );
  expect(names(state)).toEqual(["baseline", "high-CPU alarm", "failover"]);
  expect(done).toEqual(["start load", "resize load", "resize load", "terminate i-db1"]);
});

test("a load that is refused ends, and so does the wait", () => {
  const { state, done } = walk([
    ...GOOD_RUN.slice(0, 2),
    situation(66, {
      load: { seconds: 2, servedPerSecond: 0, served: 0, failed: { "status 429": 50 }, generatorCpu_percent: 1 },
    }),
  ]);
  expect(failures(state)).toEqual(["high-CPU alarm: 50 of the last 50 requests of the load failed: status 429"]);
  expect(done).toEqual(["start load", "stop load", "terminate i-db1"]);
});

test("a system that refuses whoever asks is not waited for", () => {
  const refusal = "the AWS API cannot be read: ExpiredToken";
  const blind = (now_s: number) => situation(now_s, { refusal, healthy: [], acknowledged: 0, holder: undefined });
  const { state } = walk([blind(0), blind(30), blind(61)]);
  expect(failures(state)).toEqual([`baseline: ${refusal}`]);
  expect(presentPhase(state)?.name).toBe("read back");
});
