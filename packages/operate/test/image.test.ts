import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nextTaken, withTaken } from "../src/image-setting.ts";
import { startCommand } from "./command.ts";

describe("pnpm image latest", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "cloudy-image-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test("R3: writes today into the stack's file, and leaves every other line and comment", async () => {
    const file = join(directory, "Pulumi.dev.yaml");
    const text = "# ours\nconfig:\n  aws:region: eu-west-1\n  # two\n  cloudy:zones: [a, b]\n";
    writeFileSync(file, text);
    const run = () => startCommand("image", ["latest"], {}, directory).ended;
    const today = new Date().toISOString().slice(0, 10);
    expect((await run()).stdout).toContain(`[cloudy:imageTaken] of Pulumi.dev.yaml is ${today}.`);
    const line = `  cloudy:imageTaken: "${today}"\n`;
    expect(readFileSync(file, "utf8")).toBe(text.replace("config:\n", `config:\n${line}`));
    await run();
    expect(readFileSync(file, "utf8")).toContain(`\n  cloudy:imageTaken: "${today}-2"\n`);
  });

  test("R3: a stack without a file is named", async () => {
    const { code, stderr } = await startCommand("image", ["latest", "--stack", "qa"], {}, directory).ended;
    expect(code).toBe(1);
    expect(stderr).toContain("Error: Pulumi.qa.yaml cannot be read");
  });
});

describe("the setting in the file", () => {
  test.each([
    ["config:\n  cloudy:imageTaken: first # born\n", 'config:\n  cloudy:imageTaken: "2026-11-25" # born\n'],
    ["config:\n    'cloudy:imageTaken': '2026-01-01'\n", 'config:\n    cloudy:imageTaken: "2026-11-25"\n'],
    ["config: # all\n    a: b\n", 'config: # all\n    cloudy:imageTaken: "2026-11-25"\n    a: b\n'],
  ])("%j becomes %j", (before, after) => {
    expect(withTaken(before, "2026-11-25")).toBe(after);
  });

  test("a file without settings is refused", () => {
    expect(() => withTaken("encryptionsalt: x\n", "2026-11-25")).toThrow("has no [config]");
  });

  test.each([
    ["config:\n", "2026-11-25"],
    ['config:\n  cloudy:imageTaken: "2026-11-24-3"\n', "2026-11-25"],
    ['config:\n  cloudy:imageTaken: "2026-11-25"\n', "2026-11-25-2"],
    ['config:\n  cloudy:imageTaken: "2026-11-25-9"\n', "2026-11-25-10"],
  ])("after %j the newest is taken as %s", (file, taken) => {
    expect(nextTaken(file, "2026-11-25")).toBe(taken);
  });
});
