import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Reaper {
  /** Has everything below the directory killed and removed; resolves when that is done. */
  finish(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL("./reaper-process.ts", import.meta.url));

/**
 * Starts a process that outlives the twin by a moment: when the pipe from the twin ends - it finished, crashed or was killed -
 * it kills what is left below `directory` and removes it.
 */
export async function startReaper(directory: string): Promise<Reaper> {
  const child = spawn(process.execPath, [PROGRAM, directory], {
    // A session of its own, so that Ctrl-C in the terminal does not reach it.
    detached: true,
    // Nothing that makes it one of those it is to kill, or that keeps a directory busy.
    cwd: "/",
    env: {},
    stdio: ["pipe", "ignore", "inherit"],
  });
  // From here on the pipe's end reaches it, whether it has begun to listen or not.
  await once(child, "spawn");
  child.unref();
  return { finish: () => finish(child, directory) };
}

async function finish(child: ChildProcess, directory: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.ref();
    child.stdin?.end();
    await ended;
  }
  if (child.exitCode === 0) return;
  throw new Error(
    `The process that cleans up after the twin ended with ${child.signalCode ?? `exit code ${child.exitCode}`}; ` +
      `remove ${directory} by hand.`,
  );
}
