/**
 * How fast things get done. Over the time from the last one before the window to the last one within it, not over the
 * window itself: of the few calculations that fit into a window, one more or less would be several percent.
 */
export class Pace {
  #done = 0;
  #last_ms: number;
  #opened: { readonly done: number; readonly at_ms: number };

  constructor(now_ms: number) {
    this.#last_ms = now_ms;
    this.#opened = { done: 0, at_ms: now_ms };
  }

  /** One more is done. */
  done(now_ms: number): void {
    this.#done += 1;
    this.#last_ms = now_ms;
  }

  get doneInAll(): number {
    return this.#done;
  }

  open(): void {
    this.#opened = { done: this.#done, at_ms: this.#last_ms };
  }

  /** Since `open`. */
  close(): { readonly completed: number; readonly perSecond: number } {
    const completed = this.#done - this.#opened.done;
    const seconds = (this.#last_ms - this.#opened.at_ms) / 1000;
    return { completed, perSecond: completed === 0 ? 0 : completed / seconds };
  }
}
