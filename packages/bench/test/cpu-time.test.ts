import { expect, test } from "vitest";
import { addedBetween_s } from "../src/cpu-time.ts";

test("CPU time that has been added: a thread that came counts from its start, one that ended takes nothing away", () => {
  const start = new Map([
    ["1/1", 5e9],
    ["2/2", 100e9],
  ]);
  const end = new Map([
    ["1/1", 6e9],
    ["1/3", 2e9],
  ]);
  expect(addedBetween_s(start, end)).toBe(3);
  expect(addedBetween_s(undefined, end)).toBeUndefined();
});
