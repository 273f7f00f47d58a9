import { expect, test } from "vitest";
import { deadlines, failoverPromise_s, isKnown, stackOf } from "../src/stack.ts";
import { situation } from "./situations.ts";

const tracking = {
  webMin: 3,
  webMax: 9,
  desired: 3,
  policies: 1,
  targetPercent: 50,
  highRule: { threshold: 50, period_s: 60, periods: 3 },
  lowRule: { threshold: 45, period_s: 60, periods: 15 },
} as const;

test("T1: a stack like Pulumi.dev.yaml has the deadlines that it always had", () => {
  const stack = stackOf(situation(0));
  const seconds = [
    deadlines.baseline(stack, 0),
    deadlines.highAlarm(stack),
    deadlines.scaleOut(stack),
    deadlines.lowAlarm(stack),
    deadlines.scaleIn(stack, 1),
    deadlines.failover(stack),
  ].map((ms) => ms / 1000);
  expect(seconds).toEqual([600, 480, 900, 600, 600, 480]);
  expect(stack).toMatchObject({ cannotScale: undefined, room: 1, hasStandby: true, high_percent: 60, low_percent: 40 });
  expect(failoverPromise_s(stack)).toBe(300);
});

test("T1: AWS's target tracking shrinks a group after 15 minutes, and the demo waits for as long, twice", () => {
  for (const rules of [{}, { highRule: undefined, lowRule: undefined }]) {
    const stack = stackOf(situation(0, { ...tracking, ...rules }));
    expect(deadlines.highAlarm(stack)).toBe(600_000);
    expect(deadlines.lowAlarm(stack)).toBe(2_160_000);
    expect(stack).toMatchObject({ cannotScale: undefined, room: 6, high_percent: 50 });
  }
});

test("what a stack declares of its boots, checks, pauses and draining moves its deadlines", () => {
  const slow = { boot_s: 1200, healthy_s: 3000, cooldown_s: 600, deregistration_s: 3600 };
  const stack = stackOf(situation(0, slow));
  expect(deadlines.scaleOut(stack)).toBe(7_200_000);
  expect(deadlines.scaleIn(stack, 1)).toBe(2_000 * (600 + 120 + 3600 + 100));
  expect(deadlines.scaleIn(stack, 4)).toBe(2_000 * (4 * 720 + 3600 + 100));
  const patient = stackOf(situation(0, { highRule: { threshold: 60, period_s: 300, periods: 10 } }));
  expect(deadlines.highAlarm(patient)).toBe(2_000 * 11 * 300 + 120_000);
});

test("a group that is at its greatest size for now has room, and is not of one size", () => {
  const stack = stackOf(situation(0, { webMin: 2, webMax: 3, desired: 3 }));
  expect(stack).toMatchObject({ cannotScale: undefined, room: 1 });
});

test("a group that is still larger than its minimum is given the time to shrink first", () => {
  const stack = stackOf(situation(0));
  expect(deadlines.baseline(stack, 2)).toBe(600_000 + deadlines.lowAlarm(stack) + deadlines.scaleIn(stack, 2));
});

test.each([
  [{ webMin: 2, webMax: 2 }, "the web group has one size (2)"],
  [
    { policies: 0, isAlarmExpected: false, highAlarm: undefined, lowAlarm: undefined },
    "nothing scales the web group (it has no policy)",
  ],
  [{ policies: undefined, isAlarmExpected: false }, undefined],
  [tracking, undefined],
] as const)("why a group cannot grow: %j", (different, reason) => {
  expect(stackOf(situation(0, different)).cannotScale).toBe(reason);
});

test("with a single database a boot comes before the failover is over", () => {
  const stack = stackOf(situation(0, { databasesDesired: 1, databasesInService: 1 }));
  expect(stack.hasStandby).toBe(false);
  expect(failoverPromise_s(stack)).toBe(900);
  expect(deadlines.failover(stack)).toBe(1_080_000);
});

test.each([
  [{ highAlarm: undefined, policies: undefined }, false],
  [{ highAlarm: undefined, policies: 1, isAlarmExpected: true }, false],
  [{ highAlarm: undefined, policies: 1, isAlarmExpected: false }, true],
  [{ highAlarm: undefined, policies: undefined, webMax: 2 }, true],
  [{ webMax: undefined }, false],
  [{}, true],
] as const)("whether all is known that decides the phases: %j", (different, known) => {
  expect(isKnown(situation(0, different))).toBe(known);
});
