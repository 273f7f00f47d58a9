import { describe, expect, test } from "vitest";
import { Pace } from "../src/pace.ts";
import { isSameStatement } from "../src/peers/statements.ts";
import { shapeOf } from "../src/shape.ts";
import { percentile, ratiosOf, rotated, spreadOf } from "../src/statistics.ts";

describe("statistics", () => {
  test("the median is the middle one, or half way between the middle two", () => {
    expect(spreadOf([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9 });
    expect(spreadOf([4, 1, 2, 10])).toEqual({ median: 3, min: 1, max: 10 });
    expect(() => spreadOf([])).toThrow("no measurements");
  });

  test("values are sorted as numbers", () => {
    expect(spreadOf([100, 9, 20]).median).toBe(20);
  });

  test("a percentile is a value that was measured, by nearest rank", () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([0, 1, 50, 99, 99.1, 100].map((percent) => percentile(values, percent))).toEqual([1, 1, 50, 99, 100, 100]);
  });

  test("ratios pair the rounds, and refuse what cannot be paired", () => {
    expect(ratiosOf([1, 6], [2, 3])).toEqual([0.5, 2]);
    expect(() => ratiosOf([1], [1, 2])).toThrow("cannot be paired");
  });

  test("over as many rounds as there are members each one goes first once", () => {
    expect([0, 1, 2, 3].map((round) => rotated(["a", "b", "c"], round).join(""))).toEqual(["abc", "bca", "cab", "abc"]);
  });
});

test("a pace does not depend on where the window cuts a long calculation", () => {
  // One every 90 ms; the window from 100 to 300 ms holds three ends or two, but always the same pace.
  for (const offset_ms of [0, 25, 65]) {
    const pace = new Pace(0);
    const ends_ms = Array.from({ length: 5 }, (_, index) => offset_ms + index * 90);
    for (const end_ms of ends_ms.filter((end_ms) => end_ms < 100)) pace.done(end_ms);
    pace.open();
    for (const end_ms of ends_ms.filter((end_ms) => end_ms >= 100 && end_ms < 300)) pace.done(end_ms);
    expect(pace.close().perSecond).toBeCloseTo(1000 / 90);
  }
  expect(new Pace(0).close()).toEqual({ completed: 0, perSecond: 0 });
});

describe("equal work", () => {
  test("a shape tells fields, types and the number of rows, not values or order", () => {
    const user = { email: "a@example.com", id: 1, username: "a" };
    expect(shapeOf([user, { username: "b", id: 2, email: "" }])).toBe(
      "[2 × {email: string, id: number, username: string}]",
    );
    expect(shapeOf([user])).not.toBe(shapeOf([user, user]));
    expect(shapeOf([{ ...user, id: "1" }])).not.toBe(shapeOf([user]));
    expect(shapeOf([user, { ...user, id: null }])).toContain(" | ");
  });

  test("statements are compared without their layout", () => {
    expect(isSameStatement("SELECT 1\n  FROM users", " SELECT 1 FROM users")).toBe(true);
    expect(isSameStatement("SELECT 1 FROM users", "SELECT 2 FROM users")).toBe(false);
  });
});
