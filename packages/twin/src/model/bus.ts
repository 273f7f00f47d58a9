import type { Bus, CloudEvent } from "./graph.ts";

/** Delivers events at once, in order of emission; an event emitted by a listener waits for its turn. */
export function createBus(): Bus {
  const listeners = new Set<(event: CloudEvent) => void>();
  const queue: CloudEvent[] = [];
  let delivering = false;
  return {
    emit(event) {
      queue.push(event);
      if (delivering) return;
      delivering = true;
      try {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          for (const listener of [...listeners]) listener(next);
        }
      } finally {
        delivering = false;
      }
    },
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
