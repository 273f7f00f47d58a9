import { Interrupted, UserError } from "./errors.ts";

/** What a shell reports for a process that was ended by Ctrl-C. */
export const EXIT_INTERRUPTED = 130;

/** Ends the process with the command's exit code: 130 after Interrupted, 1 after any other error. */
export function endWith(command: Promise<number>): void {
  command.then(
    (code) => process.exit(code),
    (error: unknown) => {
      if (error instanceof Interrupted) process.exit(EXIT_INTERRUPTED);
      // A user's mistake is one message; anything else is ours and shows where it happened.
      console.error(error instanceof UserError ? `Error: ${error.message}` : error);
      process.exit(1);
    },
  );
}
