import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { closedLoop } from "../closed-loop.ts";
import { serveOrders } from "../driver.ts";
import type { Order, Sample } from "../driver-contract.ts";

/** The floor of GET /load: the calculation alone, again and again, in a thread on each core. */
async function calculate(order: Order): Promise<Sample> {
  const { task } = order;
  if (task.kind !== "primes") throw new Error(`The bare loop was asked for ${task.kind}.`);
  const script = new URL("./bare-loop-thread.ts", import.meta.url);
  const threads = Array.from({ length: availableParallelism() }, () => new Worker(script));
  const workOf = (thread: Worker) => async () => {
    thread.postMessage(task.number);
    const [isPrime] = await once(thread, "message");
    if (isPrime !== true) throw new Error(`${task.number} is prime, but was not found to be.`);
  };
  try {
    return await closedLoop(order, threads.map(workOf));
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

serveOrders(calculate);
