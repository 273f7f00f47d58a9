import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Results } from "../src/benchmark.ts";

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

/** What a run says on the way, as createProgress words it elsewhere than in a terminal. */
async function untilSaid(run: Awaited<ReturnType<typeof bench>>, words: string): Promise<void> {
  while (!run.output().includes(words)) {
    await Promise.race([once(run.child, "output"), run.ended.then(() => Promise.reject(new Error(run.output())))]);
  }
}

async function resultsOf(directory: string): Promise<Results> {
  return JSON.parse(await readFile(join(directory, "out/results.json"), "utf8"));
}

/** The process of the run whose command line has `word` in it. */
async function processOf({ child }: Awaited<ReturnType<typeof bench>>, word: string): Promise<number> {
  const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8");
  for (const pid of children.trim().split(" ")) {
    if ((await readFile(`/proc/${pid}/cmdline`, "utf8")).includes(word)) return Number(pid);
  }
  throw new Error(`No process of the run has ${word} in its command line.`);
}

test("a short run measures every row, judges it, writes its files and cleans up", async () => {
  const run = await bench("--rounds", "1", "--seconds", "0.3");
  expect([await run.ended, run.output()]).toEqual([0, expect.stringContaining("goals held")]);
  const results = await resultsOf(run.directory);
  // Where Python 3 with venv or PyPI can't be had the reference is left out by name.
  const flask = results.skipped.length === 0 ? ["flask"] : [];
  expect(results.rows.map(({ key, peers }) => [key, ...peers.map(({ peer }) => peer)])).toEqual([
    ["root", "cloudy", "express", ...flask, "node:http"],
    ["list", "cloudy", "express", ...flask, "http-pg", "pg"],
    ["add", "cloudy", "express", ...flask, "http-pg", "pg"],
    ["commit", "cloudy", "express", "pg"],
    ["load", "cloudy", "express", ...flask, "loop"],
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

test("what dies or is shut out on the way voids its own windows, which are measured again", async () => {
  const run = await bench("--rounds", "2", "--seconds", "0.5", "--only", "list", "--no-reference");
  await untilSaid(run, "round 1 of 2");
  for (const word of ["bare-pg.ts", "express.ts", "server.mjs"]) process.kill(await processOf(run, word), "SIGKILL");
  expect([await run.ended, run.output()]).toEqual([0, expect.stringContaining("REPEATED")]);
  const { rounds, voids, givenUp, rows } = await resultsOf(run.directory);
  expect(rounds).toBe(2);
  expect(rows[0]?.peers.map(({ peer, rounds: measured }) => [peer, measured.length])).toEqual([
    ["cloudy", 2],
    ["express", 2],
    ["http-pg", 2],
    ["pg", 2],
  ]);
  expect(voids.map(({ peer, reason }) => `${peer}: ${reason}`)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^cloudy: Cloudy's API ended with SIGKILL/),
      expect.stringMatching(/^express: Express ended with SIGKILL/),
      expect.stringMatching(/^pg: Bare pg ended with SIGKILL/),
    ]),
  );
  expect(givenUp).toEqual([]);
  expect(await readdir(run.directory)).toEqual(["out"]);
});

test("a database that dies is back for the next try, with all that it has promised", async () => {
  const run = await bench("--rounds", "2", "--seconds", "0.5", "--only", "add", "--no-reference");
  await untilSaid(run, "round 1 of 2");
  process.kill(await processOf(run, "postgres\0-D"), "SIGKILL");
  expect([await run.ended, run.output()]).toEqual([0, expect.stringContaining("REPEATED")]);
  const { rounds, givenUp } = await resultsOf(run.directory);
  expect([rounds, givenUp]).toEqual([2, []]);
  expect(await readdir(run.directory)).toEqual(["out"]);
});

test("Ctrl-C ends it with 130 and the report of the rounds so far, and leaves nothing behind", async () => {
  const run = await bench("--rounds", "50", "--seconds", "0.2", "--only", "root", "--no-reference");
  await untilSaid(run, "round 3 of 50");
  run.child.kill("SIGINT");
  expect(await run.ended).toBe(130);
  const { rounds, roundsPlanned } = await resultsOf(run.directory);
  expect([rounds >= 2, roundsPlanned]).toEqual([true, 50]);
  expect(run.output()).toContain(`ENDED EARLY, after ${rounds} of 50 rounds.`);
  expect(await readdir(run.directory)).toEqual(["out"]);
});

test("Ctrl-C before the first round is complete writes nothing", async () => {
  const run = await bench("--rounds", "50", "--only", "list", "--no-reference");
  await untilSaid(run, "warming up");
  run.child.kill("SIGINT");
  expect(await run.ended).toBe(130);
  expect(run.output()).toContain("nothing is written");
  expect(await readdir(run.directory)).toEqual([]);
});
