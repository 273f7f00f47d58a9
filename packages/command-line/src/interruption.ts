import { EXIT_INTERRUPTED } from "./end-with.ts";
import { Interrupted } from "./errors.ts";

/**
 * The first Ctrl-C or SIGTERM says `notice` and aborts `ending` with Interrupted. The second one ends the process at once,
 * unless `isPatient`: then it changes nothing, because what is being tidied up would be left behind.
 */
export function onSignals(
  ending: AbortController,
  { notice, isPatient = false }: { readonly notice: string; readonly isPatient?: boolean },
): void {
  const onSignal = () => {
    if (!ending.signal.aborted) {
      process.stderr.write(`\n${notice}\n`);
      ending.abort(new Interrupted());
    } else if (!isPatient) process.exit(EXIT_INTERRUPTED);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
}

/** Rejects with the signal's reason. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
