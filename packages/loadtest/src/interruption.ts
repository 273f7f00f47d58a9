import { EXIT_INTERRUPTED, Interrupted } from "@cloudy/command-line";
import type { TwinProcess } from "./twin-process.ts";

/**
 * The first Ctrl-C aborts `ending`, the second one ends the process at once; the twin never outlives it. The returned
 * function takes this back.
 */
export function onSignals(ending: AbortController, twin: TwinProcess | undefined): () => void {
  const onSignal = () => {
    if (ending.signal.aborted) process.exit(EXIT_INTERRUPTED);
    process.stderr.write("\nEnding. Once more to end at once.\n");
    ending.abort(new Interrupted());
  };
  const kill = () => twin?.kill();
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  process.on("exit", kill);
  return () => {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
    process.off("exit", kill);
  };
}

/** Rejects with the signal's reason. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
