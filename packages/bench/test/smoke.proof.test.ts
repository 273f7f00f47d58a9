import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Results } from "../src/benchmark.ts";
import { createProgress } from "../src/progress.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");

async function bench(...args: readonly string[]) {
  const directory = await mkdtemp(join(tmpdir(), "bench-test-"));
  // PostgreSQL may run as somebody else.
  await chmod(directory, 0o711);
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const child = spawn(process.execPath, [MAIN, "--out", join(directory, "out"), ...args], {
    // What it leaves behind would be seen there.
    env: { ...process.env, TMPDIR: directory },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => {
    child.kill("SIGTERM");
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
      child.emit("output", output);
    });
  }
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { child, directory, ended, output: () => output };
}

test("a short run measures every row, judges it, writes its files and cleans up", async () => {
  const run = await bench("--rounds", "1", "--seconds", "0.3");
  expect([await run.ended, run.output()]).toEqual([0, expect.stringContaining("goals held")]);
  const results: Results = JSON.parse(await readFile(join(run.directory, "out/results.json"), "utf8"));
  expect(results.rows.map(({ key, peers }) => [key, ...peers.map(({ peer }) => peer)])).toEqual([
    ["root", "cloudy", "express", "node:http"],
    ["list", "cloudy", "express", "http-pg", "pg"],
    ["add", "cloudy", "express", "http-pg", "pg"],
    ["commit", "cloudy", "express", "pg"],
    ["load", "cloudy", "express", "loop"],
    ["healthz", "cloudy", "express"],
  ]);
  expect(results.verdicts).toHaveLength(12);
  for (const { key, peers } of results.rows) {
    for (const peer of peers) {
      const measured = key === "healthz" ? peer.health?.p99_ms : peer.perSecond.median;
      expect(measured, `${key} ${peer.peer}`).toBeGreaterThan(0);
    }
  }
  expect(await readFile(join(run.directory, "out/results.svg"), "utf8")).toContain("bare node:http");
  expect(await readdir(run.directory)).toEqual(["out"]);
});

test("Ctrl-C ends it with 130, writes nothing and leaves nothing behind", async () => {
  const run = await bench("--rounds", "50", "--only", "list");
  const begun: string[] = [];
  const progress = createProgress({ write: (text) => begun.push(text), isLive: false, now_ms: () => 0 });
  progress.step({ done: 0, of: 1, round: 0, rounds: 50, what: "" });
  expect(begun).toHaveLength(1);
  while (!run.output().includes(begun.join())) {
    await Promise.race([once(run.child, "output"), run.ended.then(() => Promise.reject(new Error(run.output())))]);
  }
  run.child.kill("SIGINT");
  expect(await run.ended).toBe(130);
  expect(run.output()).toContain("nothing is written");
  expect(await readdir(run.directory)).toEqual([]);
});
