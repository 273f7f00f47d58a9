import { EXIT_INTERRUPTED } from "./constants.ts";
import { Interrupted, UserError } from "./errors.ts";

/**
 * Runs a command to its exit code. The signal aborts with Interrupted on Ctrl-C and SIGTERM. A user's mistake is one message;
 * anything else is ours and shows where it happened.
 */
export function runCommand(command: (args: readonly string[], signal: AbortSignal) => Promise<number>): void {
  const ending = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => ending.abort(new Interrupted(name)));
  command(process.argv.slice(2), ending.signal).then(
    (code) => process.exit(code),
    (error: unknown) => {
      if (error instanceof Interrupted) process.exit(EXIT_INTERRUPTED);
      console.error(error instanceof UserError ? `Error: ${error.message}` : error);
      process.exit(1);
    },
  );
}
