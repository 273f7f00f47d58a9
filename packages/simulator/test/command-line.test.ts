import { expect, test } from "vitest";
import { parseCommandLine } from "../src/command-line.ts";

test("what is not said is as in the help", () => {
  expect(parseCommandLine([], 2)).toMatchObject({
    seeds: 1_000,
    seed: undefined,
    hours: 8.766,
    workers: 2,
    trace: false,
  });
  expect(parseCommandLine(["--seed", "7"], 2)).toMatchObject({ seeds: 1, seed: 7 });
  expect(parseCommandLine(["--seed", "7", "--seeds", "20"], 2)).toMatchObject({ seeds: 20, seed: 7 });
});

test.each([
  [["--seeds", "0"], '[--seeds] must be a whole number from 1, got "0"'],
  [["--seed", "x"], '[--seed] must be a whole number from 0, got "x"'],
  [["--hours", "0"], '[--hours] must be a number above 0 and at most 1000, got "0"'],
  [["--trace"], "[--trace] needs [--seed]"],
  [["--trace", "--seed", "1", "--seeds", "2"], "[--trace] shows one history: give [--seed] without [--seeds]"],
  [["--trace", "--seed", "1", "--mutants"], "Only one of [--trace] or [--mutants] can be given"],
  [["--fast"], "Unknown option '--fast'"],
])("%j is refused with a sentence", (args, sentence) => {
  expect(() => parseCommandLine(args, 2)).toThrow(sentence);
});
