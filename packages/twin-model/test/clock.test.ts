import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { liveClock, manualClock, stoppableClock } from "../src/clock.ts";

describe("a live clock", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("runs as many times faster than the wall clock as it is told", async () => {
    const clock = liveClock(10, 1_000_000);
    const fired: number[] = [];
    clock.after(60_000, () => fired.push(clock.now()));
    await vi.advanceTimersByTimeAsync(5_999);
    expect(fired).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(fired).toEqual([1_060_000]);
  });

  test("ticks on multiples of the interval, and skips those that a busy machine missed", async () => {
    const clock = liveClock(10, 0);
    const ticks: number[] = [];
    const cancel = clock.every(1_000, () => {
      ticks.push(clock.now());
      // The second tick's work takes 250 ms of wall time: two and a half intervals.
      if (ticks.length === 2) vi.setSystemTime(Date.now() + 250);
      if (ticks.length === 2) vi.advanceTimersByTime(250);
    });
    await vi.advanceTimersByTimeAsync(400);
    cancel();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ticks.slice(0, 2)).toEqual([1_000, 2_000]);
    expect(ticks[2]).toBe(5_000);
    expect(ticks.every((at_ms) => at_ms % 1_000 === 0)).toBe(true);
  });

  test("does not run backwards", () => {
    expect(() => liveClock(0)).toThrow("speed must be above 0, but is 0");
  });
});

test("a manual clock runs tasks by time, then in order, and lets promises settle before time moves on", async () => {
  const clock = manualClock(0);
  const order: string[] = [];
  clock.after(20, () => order.push(`b at ${clock.now()}`));
  clock.after(10, () => {
    Promise.resolve()
      .then(() => Promise.resolve())
      .then(() => clock.after(5, () => order.push(`a2 at ${clock.now()}`)));
    order.push(`a at ${clock.now()}`);
  });
  clock.after(20, () => order.push(`c at ${clock.now()}`));
  const cancelled = clock.after(20, () => order.push("never"));
  cancelled();
  await clock.advance(100);
  expect(order).toEqual(["a at 10", "a2 at 15", "b at 20", "c at 20"]);
  expect(clock.now()).toBe(100);
});

test("a stopped clock fires nothing any more, and takes no new tasks", async () => {
  const source = manualClock(0);
  const clock = stoppableClock(source);
  let fired = 0;
  const count = () => {
    fired += 1;
  };
  clock.every(10, count);
  await source.advance(25);
  expect(fired).toBe(2);
  clock.stop();
  clock.after(1, count);
  await source.advance(100);
  expect(fired).toBe(2);
});
