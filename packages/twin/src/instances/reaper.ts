import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { killUnder } from "./processes.ts";

export interface Reaper {
  /** Has everything below the directory killed and removed; resolves when that is done. */
  finish(): Promise<void>;
}

/**
 * Starts a process that outlives the twin by a moment: when the pipe from the twin ends - it finished, crashed or was killed -
 * it kills what is left below `directory` and removes it.
 */
export async function startReaper(directory: string): Promise<Reaper> {
  const file = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [file, directory], {
    // A session of its own, so that Ctrl-C in the terminal does not reach it.
    detached: true,
    cwd: "/",
    env: {},
    stdio: ["pipe", "pipe", "inherit"],
  });
  await Promise.race([
    once(child.stdout, "data"),
    once(child, "exit").then(([code]) => {
      throw new Error(`The twin's reaper could not start: exit code ${code}.`);
    }),
  ]);
  child.unref();
  return {
    async finish() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      child.stdin.end();
      await once(child, "exit");
    },
  };
}

async function reap(directory: string): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  process.stdout.write("ready\n");
  process.stdin.resume();
  // A pipe whose writer was killed ends, too.
  await once(process.stdin, "end");
  await killUnder(directory);
  rmSync(directory, { recursive: true, force: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  reap(process.argv[2] ?? "").then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}
