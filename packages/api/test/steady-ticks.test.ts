import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const MODULE = join(import.meta.dirname, "../src/steady-ticks.ts");

/** A few ticks as while a server starts, large garbage collections, and what a tick takes after them. */
const SCRIPT = `
  const ticks = (count) => new Promise((resolve) => {
    const again = () => (--count > 0 ? process.nextTick(again) : resolve());
    process.nextTick(again);
  });
  await ticks(20);
  for (let i = 0; i < 3; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    gc();
  }
  await ticks(100_000);
  const start = process.cpuUsage();
  await ticks(300_000);
  console.log(process.cpuUsage(start).user / 300);
`;

function nanosecondsOfATick(...flags: readonly string[]): number {
  const args = ["--expose-gc", ...flags, "--input-type=module", "--eval", SCRIPT];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).toBe("");
  return Number(stdout);
}

test("ticks stay as fast after a large garbage collection; once they do without, steady-ticks.ts may go", () => {
  const [steady, plain] = [nanosecondsOfATick("--import", MODULE), nanosecondsOfATick()];
  expect(steady).toBeGreaterThan(0);
  expect(plain / steady).toBeGreaterThan(2);
});
