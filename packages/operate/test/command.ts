import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Runs one of the commands as a user would. */
export function startCommand(
  name: "switchover" | "restore" | "roll" | "image",
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  cwd?: string,
): RunningCommand {
  const main = fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url));
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { PATH, HOME, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  return { process: child, ended: once(child, "close").then(([code]) => ({ code, stdout, stderr })) };
}
