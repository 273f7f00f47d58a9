import { setTimeout as delay } from "node:timers/promises";
import type { Order, Sample } from "./driver-contract.ts";
import { Pace } from "./pace.ts";
import { openWindow } from "./window.ts";

/** Repeats each of these actions by itself, one time after the other, until the window is over. Rejects when one of them does. */
export async function closedLoop(
  { warmup_ms, window_ms, watched }: Order,
  actions: readonly (() => Promise<void>)[],
): Promise<Sample> {
  const pace = new Pace(performance.now());
  let isOver = false;
  const repeat = async (action: () => Promise<void>) => {
    while (!isOver) {
      await action();
      pace.done(performance.now());
    }
  };
  const working = Promise.all(actions.map(repeat));
  try {
    await Promise.race([delay(warmup_ms), working]);
    pace.open();
    const close = openWindow(watched);
    await Promise.race([delay(window_ms), working]);
    const cost = close();
    const inWindow = pace.close();
    isOver = true;
    await working;
    return { cost, ...inWindow, doneInAll: pace.doneInAll, unexpected: {}, latency: undefined, health_ms: [] };
  } finally {
    isOver = true;
  }
}
