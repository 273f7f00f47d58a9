import type { Answer, Order, Sample } from "./driver-contract.ts";

/** The shell of a process that drives load: carries out one order after the other. */
export function serveOrders(carryOut: (order: Order) => Promise<Sample>): void {
  const answer = (message: Answer) => process.send?.(message);
  process.on("message", (order: Order) => {
    carryOut(order).then(
      (sample) => answer({ kind: "sample", sample }),
      (error: unknown) => answer({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
    );
  });
  // The benchmark ends this process; a Ctrl-C in the terminal reaches both, and a dead benchmark leaves nothing behind.
  process.on("SIGINT", () => {});
  process.on("disconnect", () => process.exit(0));
}
