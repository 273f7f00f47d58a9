/** Something that happens at its time unless it is cancelled. */
export interface Scheduled {
  readonly at_ms: number;
  readonly order: number;
  act: (() => void) | undefined;
  isCancelled: boolean;
}

/** Virtual time: a queue of what happens when. Equal times keep the order in which they were asked for. */
export class Timeline {
  now_ms = 0;
  #order = 0;
  readonly #heap: Scheduled[] = [];

  at(at_ms: number, act: () => void): Scheduled {
    this.#order += 1;
    const entry: Scheduled = { at_ms: Math.max(at_ms, this.now_ms), order: this.#order, act, isCancelled: false };
    this.#push(entry);
    return entry;
  }

  after(delay_ms: number, act: () => void): Scheduled {
    return this.at(this.now_ms + delay_ms, act);
  }

  cancel(entry: Scheduled | undefined): void {
    if (entry === undefined) return;
    entry.isCancelled = true;
    entry.act = undefined;
  }

  /** When the next thing happens; infinite when nothing does. */
  next_ms(): number {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined) return Number.POSITIVE_INFINITY;
      if (first.act !== undefined) return first.at_ms;
      this.#pop();
    }
  }

  /** Goes to the next thing and does it. */
  advance(): void {
    const entry = this.#pop();
    if (entry?.act === undefined) return;
    this.now_ms = entry.at_ms;
    entry.act();
  }

  #push(entry: Scheduled): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, entry)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  #pop(): Scheduled | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || first === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (isBefore(last, child)) break;
      heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.at_ms < b.at_ms || (a.at_ms === b.at_ms && a.order < b.order);
}
