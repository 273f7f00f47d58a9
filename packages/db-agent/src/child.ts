import { type ChildProcess, fork } from "node:child_process";
import { AgentError } from "./errors.ts";

/** What a process of base backups or restores tells the agent before it ends. */
export type ChildReport =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly because: string };

/**
 * Runs a command of the agent's own file as a process of its own: what reads or writes the shared file system for minutes
 * may hang there, and its memory is gone when it ends. `lock` is handed on as descriptor 3.
 */
export function runChild(
  entry: string,
  command: "base-backup" | "restore",
  task: unknown,
  options: { readonly cwd: string; readonly lock?: number; readonly signal: AbortSignal },
): Promise<unknown> {
  const child = fork(entry, [command, JSON.stringify(task)], {
    cwd: options.cwd,
    stdio: ["ignore", "inherit", "inherit", options.lock ?? "ignore", "ipc"],
  });
  const end = () => child.kill("SIGKILL");
  options.signal.addEventListener("abort", end, { once: true });
  if (options.signal.aborted) end();
  return outcome(child, command).finally(() => options.signal.removeEventListener("abort", end));
}

function outcome(child: ChildProcess, command: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let report: ChildReport | undefined;
    child.on("message", (message: ChildReport) => {
      report = message;
    });
    child.on("error", (error) => reject(new AgentError(`${command} could not be run`, { cause: error })));
    // Only then nothing of it is alive any more.
    child.on("exit", (code, signal) => {
      if (report?.ok === true) resolve(report.result);
      else reject(new AgentError(report?.because ?? `${command} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}
