import { expect, test } from "vitest";
import { compare, createLedger, recovery, type Write } from "../src/ledger.ts";

const write = (username: string, outcome: Write["outcome"], done_ms = 1): Write => ({
  username,
  sent_ms: 0,
  outcome,
  done_ms: outcome === "under way" ? undefined : done_ms,
});

test("T3: an acknowledged write that is missing is lost, one that is there twice is doubled", () => {
  const writes = [write("a", "acknowledged"), write("b", "acknowledged"), write("c", "acknowledged")];
  expect(compare(writes, ["a", "c", "c"])).toEqual({
    acknowledged: 3,
    lost: ["b"],
    doubled: ["c"],
    unanswered: 0,
    unansweredButStored: 0,
  });
});

test("a write without an answer may be stored or not", () => {
  const result = compare([write("a", "unknown"), write("b", "unknown"), write("c", "under way")], ["a"]);
  expect(result).toMatchObject({ lost: [], doubled: [], unanswered: 3, unansweredButStored: 1 });
});

test("writes come back at the end of the longest silence, not with the last answer that was under way", () => {
  const writes = [90, 105, 110, 500, 510, 520].map((done_ms) => write(`w${done_ms}`, "acknowledged", done_ms));
  expect(recovery(writes, 100, 530)).toBe(500);
});

test("while the present silence is the longest, writes have not come back", () => {
  const writes = [90, 105, 110].map((done_ms) => write(`w${done_ms}`, "acknowledged", done_ms));
  expect(recovery(writes, 100, 400)).toBeUndefined();
  expect(recovery([], 100, 400)).toBeUndefined();
});

test("a name is used once and settled once", () => {
  const ledger = createLedger();
  ledger.send("a", 1);
  expect(() => ledger.send("a", 2)).toThrow("used twice");
  ledger.settle("a", "acknowledged", 3);
  expect(() => ledger.settle("a", "unknown", 4)).toThrow("not under way");
  expect(ledger.acknowledged()).toBe(1);
});
