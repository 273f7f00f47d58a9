import { endWith, Interrupted } from "@cloudy/command-line";

/** Runs a command to its exit code. The signal aborts with Interrupted on Ctrl-C and SIGTERM. */
export function runCommand(command: (args: readonly string[], signal: AbortSignal) => Promise<number>): void {
  const ending = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => ending.abort(new Interrupted(name)));
  endWith(command(process.argv.slice(2), ending.signal));
}
