import { describe, expect, test } from "vitest";
import { parseCommandLine } from "../src/command-line.ts";
import { ROW_KEYS } from "../src/rows.ts";

describe("the command line", () => {
  test("measures everything unless told otherwise", () => {
    expect(parseCommandLine([])).toMatchObject({ rounds: 13, seconds: 1, only: ROW_KEYS, check: false, help: false });
    const given = ["--", "--rounds", "5", "--seconds", "0.5", "--only", "root", "--only", "add", "--check"];
    expect([parseCommandLine([]).reference, parseCommandLine(["--no-reference"]).reference]).toEqual([true, false]);
    expect(parseCommandLine(given)).toMatchObject({ rounds: 5, seconds: 0.5, only: ["root", "add"], check: true });
  });

  test.each([
    [["--rounds", "0"], "[--rounds] 0 is not a number from 1 to 100."],
    [["--rounds", "2.5"], "[--rounds] 2.5 is not a whole number."],
    [["--seconds", "soon"], "[--seconds] soon is not a number from 0.1 to 60."],
    [["--only", "users"], "[--only] users is no row: give one of root, list, add, commit, load, healthz."],
    [["--fast"], "See --help."],
  ])("%j is refused with a reason", (args, reason) => {
    expect(() => parseCommandLine(args)).toThrow(reason);
  });
});
