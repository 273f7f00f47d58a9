import { expect, test } from "vitest";
import { elapsed } from "../src/elapsed.ts";

test.each([
  [-5_000, "0:00"],
  [59_499, "0:59"],
  [245_000, "4:05"],
  [3_729_000, "1:02:09"],
])("%d ms since the start of a run are %s", (time_ms, text) => {
  expect(elapsed(time_ms)).toBe(text);
});
