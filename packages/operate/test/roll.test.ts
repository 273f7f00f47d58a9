import { describe, expect, test } from "vitest";
import { startCommand } from "./command.ts";

describe("pnpm roll: wrong use is one clear message and exit code 1", () => {
  test.each<[readonly string[], string]>([
    [[], "Which system? Give one of [--twin], [--stack], [--outputs] and [--function]"],
    [["--function", "CloudyFailover"], "The system does not name its groups [instanceGroups]"],
    [["--warmup", "long"], "[--warmup] long is not a number from 0 to 3600."],
    [["--now"], "Unknown option '--now'"],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await startCommand("roll", args).ended;
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });

  test("--help explains, and is no error", async () => {
    const { code, stdout } = await startCommand("roll", ["--help"]).ended;
    expect(code).toBe(0);
    expect(stdout).toContain("Usage: pnpm roll");
  });
});
