import { parentPort } from "node:worker_threads";
import { realCode } from "../code-under-test.ts";
import { planFaults } from "../plan/fault-plan.ts";
import { simulate } from "../simulate.ts";
import type { Batch } from "./batch.ts";
import { addHistory, emptyTally } from "./tally.ts";

// One of the threads of a campaign: carries out the histories of one batch after the other.

// Errors are everyday answers here, and nobody reads where they were made.
Error.stackTraceLimit = 0;

parentPort?.on("message", async ({ from, to, hours }: Batch) => {
  let tally = emptyTally();
  for (let seed = from; seed < to; seed += 1) {
    const plan = planFaults(seed, hours);
    tally = addHistory(tally, await simulate({ seed, hours, plan, code: realCode }));
  }
  parentPort?.postMessage(tally);
});
