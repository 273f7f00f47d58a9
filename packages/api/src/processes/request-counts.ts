import type { RequestCount } from "./messages.ts";

/** As many as @fastify/rate-limit remembers in one process. */
const CLIENTS_MAX = 5_000;

interface Window {
  readonly start_ms: number;
  current: number;
}

/** Counts the requests of each client in windows that begin with its first one, as @fastify/rate-limit does. */
export class RequestCounts {
  readonly #window_ms: number;
  /** Least recently seen first: those are forgotten when there are too many. */
  readonly #windows = new Map<string, Window>();

  constructor(window_ms: number) {
    this.#window_ms = window_ms;
  }

  count(client: string, now_ms: number): RequestCount {
    const known = this.#windows.get(client);
    const isOpen = known !== undefined && now_ms < known.start_ms + this.#window_ms;
    const window = isOpen ? known : { start_ms: now_ms, current: 0 };
    window.current += 1;
    this.#windows.delete(client);
    this.#windows.set(client, window);
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > CLIENTS_MAX && oldest !== undefined) this.#windows.delete(oldest);
    return { current: window.current, ttl: window.start_ms + this.#window_ms - now_ms };
  }
}
