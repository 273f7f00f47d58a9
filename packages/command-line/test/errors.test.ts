import { expect, test } from "vitest";
import { messageOf, UserError } from "../src/errors.ts";

test("the reason that fetch keeps to itself is told", async () => {
  const error = await fetch("http://127.0.0.1:1/").catch((reason: unknown) => reason);
  expect(messageOf(error)).toMatch(/^fetch failed: ./);
});

test("the cause of a user's mistake is told once, as its sentence tells it", () => {
  const cause = new Error("no such file");
  expect(messageOf(new UserError(`x.json cannot be read: ${messageOf(cause)}`, { cause }))).toBe(
    "x.json cannot be read: no such file",
  );
});
