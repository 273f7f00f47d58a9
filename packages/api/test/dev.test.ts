import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";

const MAIN = join(import.meta.dirname, "../dev/main.ts");
/** On a busy machine. */
const PATIENCE = { timeout: 60_000, interval: 50 };

interface Command {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown[]>;
  /** Where all of its temporary folders are. */
  readonly directory: string;
  output(): string;
}

function devApi(...args: readonly string[]): Command {
  const directory = mkdtempSync(join(os.tmpdir(), "cloudy-dev-"));
  // PostgreSQL runs as somebody else, who must get through to its own folder in there.
  chmodSync(directory, 0o711);
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env["PATH"], TMPDIR: directory } });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await vi.waitFor(() => expect(processesOf(directory)).toEqual([]), PATIENCE);
    rmSync(directory, { recursive: true, force: true });
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  return { child, exited: once(child, "close"), directory, output: () => output };
}

/** Those that know the folder from their environment or their arguments, or are in it, as PostgreSQL's are. */
function processesOf(directory: string): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [command, environment] = ["cmdline", "environ"].map((name) =>
          readFileSync(`/proc/${pid}/${name}`, "utf8"),
        );
        return `${command}${environment}${readlinkSync(`/proc/${pid}/cwd`)}`.includes(directory);
      } catch {
        // It has ended meanwhile, or is another user's.
        return false;
      }
    });
}

test.runIf(process.platform === "linux").each([
  ["SIGINT", 130],
  ["SIGTERM", 130],
  ["SIGKILL", null],
] as const)("pnpm dev:api serves with a database of its own, and %s leaves nothing behind", async (signal, code) => {
  const { child, exited, directory, output } = devApi("--port", "0");
  const url = await vi.waitFor(() => {
    const [, found] = /API {7}(http:\S+)/.exec(output()) ?? [];
    if (found === undefined) throw new Error(`It is not up: ${output()}`);
    return found;
  }, PATIENCE);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const added = await fetch(`${url}/users`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "demo", email: "demo@example.com" }),
  });
  expect(await added.json()).toEqual({ message: "user [demo] added successfully" });
  expect(processesOf(directory).length).toBeGreaterThan(4);

  child.kill(signal);
  expect(await exited).toEqual([code, code === null ? signal : null]);
  await vi.waitFor(() => expect(processesOf(directory)).toEqual([]), PATIENCE);
  expect(readdirSync(directory)).toEqual([]);
  await expect(fetch(url)).rejects.toThrow("fetch failed");
  expect(output()).not.toContain('"level":40');
});

test("pnpm dev:api explains itself, and says what is wrong with an option before it starts anything", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void taken.close());
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" ? address?.port : undefined;
  for (const [args, code, words] of [
    [["--help"], 0, "Usage: pnpm dev:api"],
    [["--prot", "1"], 1, "Error: Unknown option '--prot'"],
    [["--port", "http"], 1, "Error: [--port] http is not a number from 0 to 65535."],
    [["--port", "1.5"], 1, "Error: [--port] 1.5 is not a whole number."],
    [["--port", `${port}`], 1, `Error: [--port] ${port} cannot be had`],
  ] as const) {
    const { exited, output } = devApi(...args);
    expect(await exited).toEqual([code, null]);
    expect(output()).toContain(words);
    expect(output()).not.toMatch(/^ +at /m);
  }
});
