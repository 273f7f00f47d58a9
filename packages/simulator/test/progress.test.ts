import { expect, test } from "vitest";
import { createProgress } from "../src/campaign/progress.ts";
import { emptyTally, type Tally } from "../src/campaign/tally.ts";

test("a violation is told at once, with its seed, and once", () => {
  const written: string[] = [];
  const progress = createProgress({ total: 100, write: (text) => written.push(text), isLive: false });
  const violation = { invariant: "I1", at_ms: 0, what: "two writers" } as const;
  const tally: Tally = { ...emptyTally(), histories: 10, violations: [{ seed: 7, violation }] };
  progress.show(emptyTally());
  progress.show(tally);
  progress.show({ ...tally, histories: 20 });
  expect(written).toEqual(["seed 7: I1 two writers\n"]);
});
