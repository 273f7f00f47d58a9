import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { LOG_LINES_MAX, OUTPUT_WAIT_MS } from "./constants.ts";

/** As in bootstrap.ts. */
const END_MARK = "\u0000END ";

/** What a function's process writes, cut into invocations. */
export class Output {
  #pass: (line: string) => void = () => {};
  #passed = 0;
  #openStreams: number;
  readonly #ended = new Map<string, number>();
  #wake: () => void = () => {};

  constructor(streams: readonly Readable[]) {
    this.#openStreams = streams.length;
    for (const stream of streams) {
      const reader = createInterface({ input: stream });
      reader.on("line", (line) => this.#take(line));
      reader.on("close", () => {
        this.#openStreams -= 1;
        this.#wake();
      });
    }
  }

  /** Lines from now on are of an invocation that begins. */
  pass(onLine: (line: string) => void): void {
    this.#pass = onLine;
    this.#passed = 0;
  }

  /** Waits until both streams have said that the invocation is over. */
  async endOf(requestId: string): Promise<void> {
    const limit = setTimeout(() => this.#wake(), OUTPUT_WAIT_MS);
    const isComplete = () => (this.#ended.get(requestId) ?? 0) >= 2 || this.#openStreams === 0;
    if (!isComplete()) {
      await new Promise<void>((resolve) => {
        const deadline_ms = performance.now() + OUTPUT_WAIT_MS - 1;
        this.#wake = () => (isComplete() || performance.now() >= deadline_ms) && resolve();
      });
    }
    clearTimeout(limit);
    this.#wake = () => {};
    this.#ended.delete(requestId);
  }

  #take(line: string): void {
    if (line.startsWith(END_MARK)) {
      const requestId = line.slice(END_MARK.length);
      this.#ended.set(requestId, (this.#ended.get(requestId) ?? 0) + 1);
      this.#wake();
    } else if (this.#passed < LOG_LINES_MAX) {
      this.#passed += 1;
      this.#pass(line);
    }
  }
}
