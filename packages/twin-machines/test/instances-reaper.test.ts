import { type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { killUnder, processesUnder } from "../src/host/processes.ts";
import { startReaper } from "../src/host/reaper.ts";

const IDLE = "setInterval(() => {}, 1000)";
const REAPER = new URL("../src/host/reaper.ts", import.meta.url).href;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "twin-reaper-"));
});

afterEach(async () => {
  await killUnder(directory);
  rmSync(directory, { recursive: true, force: true });
});

/** Runs JavaScript in a process and resolves once it has printed a line: numbers, separated by spaces. */
async function run(script: string, options: { cwd?: string; env?: Record<string, string>; log?: string } = {}) {
  const stdio: StdioOptions = ["ignore", "pipe", options.log === undefined ? "inherit" : openSync(options.log, "a")];
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    cwd: options.cwd ?? "/",
    env: { ...options.env },
    detached: true,
    stdio,
  });
  const lines = createInterface({ input: child.stdout! });
  const { value: line } = await lines[Symbol.asyncIterator]().next();
  if (line === undefined) throw new Error(`The process printed nothing: ${script}`);
  lines.close();
  if (typeof stdio[2] === "number") closeSync(stdio[2]);
  return { child, pid: child.pid ?? 0, printed: String(line).split(" ").map(Number) };
}

/** A family: prints the ids of a child that set its own session and of the grandchild in it. */
const FAMILY = `
  import { spawn } from "node:child_process";
  import { once } from "node:events";
  const parent = \`
    const child = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(IDLE)}], { stdio: "ignore" });
    console.log(child.pid); ${IDLE}\`;
  const child = spawn(process.execPath, ["-e", parent], { detached: true, cwd: "/", stdio: ["ignore", "pipe", "ignore"] });
  const [grandchild] = await once(child.stdout, "data");
  console.log(child.pid, String(grandchild).trim());
  ${IDLE}`;

describe("processes under a directory", () => {
  test("are those that work there, that a TWIN_ variable ties to it, that write there, and their descendants", async () => {
    mkdirSync(join(directory, "work"));
    const working = await run(`console.log(0); ${IDLE}`, { cwd: join(directory, "work") });
    const marked = await run(`console.log(0); ${IDLE}`, { env: { TWIN_FABRIC: join(directory, "net.sock") } });
    const writing = await run(`console.log(0); ${IDLE}`, { log: join(directory, "journal.log") });
    const family = await run(FAMILY, { cwd: directory });

    const expected = [working.pid, marked.pid, writing.pid, family.pid, ...family.printed];
    expect(processesUnder(directory).sort()).toEqual(expected.sort());
  });

  test("are not those of a neighbour whose name begins alike, nor readers, nor this one", async () => {
    const neighbour = mkdtempSync(`${directory}x`);
    writeFileSync(join(directory, "journal.log"), "a line\n");
    const beside = await run(`console.log(0); ${IDLE}`, {
      cwd: neighbour,
      env: { TWIN_FABRIC: join(neighbour, "net.sock"), HOME: directory },
    });
    const reader = spawn("tail", ["-f", join(directory, "journal.log")], { cwd: "/" });
    await once(reader.stdout, "data");
    try {
      expect(processesUnder(directory)).toEqual([]);
      expect(processesUnder(neighbour)).toEqual([beside.pid]);
    } finally {
      reader.kill();
      await killUnder(neighbour);
      rmSync(neighbour, { recursive: true });
    }
  });

  test("are all killed, stopped ones too", async () => {
    const family = await run(FAMILY, { cwd: directory });
    for (const pid of family.printed) process.kill(pid, "SIGSTOP");
    const ended = once(family.child, "exit");

    await killUnder(directory);

    expect(await ended).toEqual([null, "SIGKILL"]);
    for (const pid of family.printed) await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  });
});

describe("the reaper", () => {
  test("leaves nothing of a twin that was killed: stopped, in a session of its own, or a grandchild", async () => {
    const script = `
      import { startReaper } from ${JSON.stringify(REAPER)};
      await startReaper(${JSON.stringify(directory)});
      process.env.TWIN_DIRECTORY = ${JSON.stringify(directory)};
      ${FAMILY}`;
    // Its descendants work elsewhere: once it is gone, only their environment ties them to the twin.
    const twin = await run(script);
    const stopped = await run(`console.log(0); ${IDLE}`, { cwd: directory });
    process.kill(stopped.pid, "SIGSTOP");
    const pids = [...twin.printed, stopped.pid];
    expect(processesUnder(directory).sort()).toEqual(pids.sort());

    twin.child.kill("SIGKILL");

    await expect.poll(() => existsSync(directory), { timeout: 10_000 }).toBe(false);
    for (const pid of pids) await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  });

  test("finishes when it is told to, and is none of those it looks for", async () => {
    const reaper = await startReaper(directory);
    expect(processesUnder(directory)).toEqual([]);
    const left = await run(`console.log(0); ${IDLE}`, { cwd: directory });
    const ended = once(left.child, "exit");

    await reaper.finish();

    expect(existsSync(directory)).toBe(false);
    expect(await ended).toEqual([null, "SIGKILL"]);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
