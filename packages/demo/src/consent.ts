import { createInterface } from "node:readline/promises";
import { UserError } from "@cloudy/command-line";
import type { Target } from "@cloudy/loadtest/target.ts";

/** What stands between a deployed stack and the demo, which ends its active database. */
export interface Asker {
  /** Whether somebody can answer. */
  readonly isTerminal: boolean;
  readonly ask: (question: string) => Promise<string>;
}

/** Throws UserError unless whoever runs this agrees. */
export async function consent(target: Target, isAgreed: boolean, asker: Asker): Promise<void> {
  if (isAgreed) return;
  const { databaseGroupName, region } = target.outputs;
  const what = `The demo puts ${target.url} under load and TERMINATES the active database instance of ${databaseGroupName} in ${region}.`;
  if (!asker.isTerminal) {
    throw new UserError(
      `${what} Nothing was done: there is no terminal to ask on. Say [--yes] if that is what you want.`,
    );
  }
  const answer = await asker.ask(`${what}\nType "yes" to go on: `);
  if (answer.trim().toLowerCase() !== "yes") throw new UserError("Nothing was done: the answer was not yes.");
}

/** The terminal that the command runs on; Ctrl-C is no answer. */
export function terminalAsker(signal: AbortSignal): Asker {
  return {
    isTerminal: process.stdin.isTTY && process.stdout.isTTY,
    async ask(question) {
      const lines = createInterface({ input: process.stdin, output: process.stdout });
      // On a terminal in this mode Ctrl-C comes as a character and not as a signal.
      lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
      try {
        return await lines.question(question, { signal });
      } catch {
        signal.throwIfAborted();
        // Ctrl-D is no answer either.
        return "";
      } finally {
        lines.close();
      }
    },
  };
}
