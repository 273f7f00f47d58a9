import { once } from "node:events";
import { PATIENCE_MS } from "./constants.ts";
import type { Answer, Order, Sample } from "./driver-contract.ts";
import type { Command } from "./pinning.ts";
import { type Process, startProcess } from "./process.ts";

/** A process that drives load, seen from the benchmark. */
export interface Driver {
  readonly process: Process;
  /** One order at a time. Rejects when the process dies, fails or takes far longer than it was given. */
  run(order: Omit<Order, "kind">): Promise<Sample>;
}

export function startDriver(name: string, [file, args]: Command): Driver {
  const driver = startProcess(name, file, args, { hasChannel: true });
  return {
    process: driver,
    async run(order) {
      const message: Order = { kind: "order", ...order };
      driver.child.send(message);
      const limit_ms = order.warmup_ms + order.window_ms + PATIENCE_MS;
      const [answer]: Answer[] = await Promise.race([
        once(driver.child, "message", { signal: AbortSignal.timeout(limit_ms) }).catch((cause: unknown) => {
          throw new Error(`${name} had no result after ${limit_ms / 1000} s.`, { cause });
        }),
        driver.died,
      ]);
      if (answer === undefined) throw new Error(`${name} gave an empty answer.`);
      if (answer.kind === "failed") throw new Error(`${name} failed: ${answer.message}`);
      return answer.sample;
    },
  };
}
