import os from "node:os";
import { performance } from "node:perf_hooks";
import { parentPort } from "node:worker_threads";
import { isPrime } from "./prime.ts";

/** What a worker answers to a number. */
export interface PrimeResult {
  readonly isPrime: boolean;
  /** Seconds the calculation took, waiting not included. */
  readonly processingTime: number;
}

// Linux gives a priority to this thread alone: all other requests go first, though every core may be calculating.
os.setPriority(os.constants.priority.PRIORITY_LOW);

parentPort?.on("message", (number: number) => {
  const start_ms = performance.now();
  const result: PrimeResult = {
    isPrime: isPrime(number),
    processingTime: (performance.now() - start_ms) / 1000,
  };
  parentPort?.postMessage(result);
});
