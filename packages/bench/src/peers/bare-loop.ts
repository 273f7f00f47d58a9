import { serveOrders } from "../driver.ts";
import type { Order, Sample } from "../driver-contract.ts";
import { Pace } from "../pace.ts";
import { openWindow } from "../window.ts";
import { isPrime } from "./prime.ts";

/** The floor of GET /load: the calculation alone, again and again. */
async function calculate({ task, warmup_ms, window_ms, watched }: Order): Promise<Sample> {
  if (task.kind !== "primes") throw new Error(`The bare loop was asked for ${task.kind}.`);
  const pace = new Pace(performance.now());
  const during = (time_ms: number) => {
    const end_ms = performance.now() + time_ms;
    do {
      if (!isPrime(task.number)) throw new Error(`${task.number} is prime, but was not found to be.`);
      pace.done(performance.now());
    } while (performance.now() < end_ms);
  };
  during(warmup_ms);
  pace.open();
  const close = openWindow(watched);
  during(window_ms);
  const cost = close();
  return {
    cost,
    ...pace.close(),
    doneInAll: pace.doneInAll,
    unexpected: {},
    latency: undefined,
    health_ms: [],
  };
}

serveOrders(calculate);
