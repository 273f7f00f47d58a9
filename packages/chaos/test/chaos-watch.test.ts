import { describe, expect, test } from "vitest";
import { longestSilence_ms } from "../src/chaos.ts";
import { parseCommandLine } from "../src/command-line.ts";
import { EXPERIMENTS } from "../src/experiments.ts";
import type { DatabaseProcess } from "../src/processes.ts";
import { WriterWatch } from "../src/writer-watch.ts";

const postgres = (pid: number, instanceId: string, born: number, isPostmaster = false): DatabaseProcess => ({
  pid,
  instanceId,
  what: "postgres",
  isPostmaster,
  born,
});

describe("the watch for two writers", () => {
  test("D4: one postgres after the other is right, with the orphans of the first gone", () => {
    const watch = new WriterWatch();
    watch.look([postgres(1, "i-a", 10, true), postgres(2, "i-a", 11)], 20);
    watch.look([postgres(2, "i-a", 11)], 30);
    watch.look([], 40);
    watch.look([postgres(3, "i-b", 45, true)], 50);
    expect(watch.violations).toEqual([]);
  });

  test("D4: processes of two instances in one look are two writers", () => {
    const watch = new WriterWatch();
    watch.look([postgres(2, "i-a", 11), postgres(3, "i-b", 19, true)], 20);
    expect(watch.violations).toEqual(["postgres was alive on i-a and i-b at once"]);
  });

  test("D4: a postgres that was born before another one was last seen is a second writer, although no look saw both", () => {
    const watch = new WriterWatch();
    watch.look([postgres(2, "i-a", 11)], 30);
    watch.look([postgres(3, "i-b", 25, true)], 40);
    expect(watch.violations).toEqual(["postgres 3 of i-b was started while one of i-a was alive"]);
  });

  test("D4: two postmasters on one instance are two writers", () => {
    const watch = new WriterWatch();
    watch.look([postgres(2, "i-a", 11, true), postgres(3, "i-a", 19, true)], 20);
    expect(watch.violations).toEqual(["i-a had 2 postmasters at once"]);
  });

  test("agents are no writers", () => {
    const watch = new WriterWatch();
    watch.look([postgres(2, "i-a", 11, true), { ...postgres(3, "i-b", 5), what: "agent" }], 20);
    expect(watch.violations).toEqual([]);
  });
});

test("the longest silence counts from the fault to the present", () => {
  const write = (done_ms: number, outcome: "acknowledged" | "unknown" = "acknowledged") => ({
    username: String(done_ms),
    sent_ms: 0,
    outcome,
    done_ms,
  });
  expect(longestSilence_ms([write(90), write(120), write(300), write(310)], 100, 400)).toBe(180);
  expect(longestSilence_ms([write(90), write(200, "unknown")], 100, 400)).toBe(300);
});

describe("pnpm chaos", () => {
  test("takes all experiments, or those that are named", () => {
    expect(parseCommandLine([]).experiments).toEqual(EXPERIMENTS);
    const { experiments } = parseCommandLine(["--", "--only", "terminated, frozen"]);
    expect(experiments.map(({ name }) => name)).toEqual(["terminated", "frozen"]);
  });

  test.each([
    [["--only", "nonsense"], '[--only] There is no experiment "nonsense". There are: first-start,'],
    [["--speed", "0"], "[--speed] 0 is not a number from 1 to 30."],
    [["--colour"], "Unknown option '--colour'"],
  ])("%j is one clear message", (args, message) => {
    expect(() => parseCommandLine(args)).toThrow(message);
  });
});
