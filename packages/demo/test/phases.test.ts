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
