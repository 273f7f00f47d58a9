import type { Scheduled, Timeline } from "./timeline.ts";

/**
 * Something that runs - a machine, or a process on one - and can be frozen between any two of its steps, go on, and die.
 * What happens to it while it is frozen happens when it goes on; what happens after its death never does.
 */
export class Life {
  readonly name: string;
  readonly #timeline: Timeline;
  readonly #parent: Life | undefined;
  #alive = true;
  #freezes = 0;
  #deferred: (() => void)[] = [];

  constructor(name: string, timeline: Timeline, parent?: Life) {
    this.name = name;
    this.#timeline = timeline;
    this.#parent = parent;
  }

  get isAlive(): boolean {
    return this.#alive && (this.#parent?.isAlive ?? true);
  }

  get isFrozen(): boolean {
    return this.#freezes > 0 || (this.#parent?.isFrozen ?? false);
  }

  get isRunning(): boolean {
    return this.isAlive && !this.isFrozen;
  }

  /** Does it now, when it goes on, or never. */
  run(act: () => void): void {
    if (!this.isAlive) return;
    const frozen = this.#frozen();
    if (frozen === undefined) act();
    else frozen.#deferred.push(() => this.run(act));
  }

  after(delay_ms: number, act: () => void): Scheduled {
    return this.at(this.#timeline.now_ms + delay_ms, act);
  }

  at(at_ms: number, act: () => void): Scheduled {
    // Also what waits for the end of a freeze can be cancelled.
    const entry: Scheduled = this.#timeline.at(at_ms, () =>
      this.run(() => {
        if (!entry.isCancelled) act();
      }),
    );
    return entry;
  }

  freeze(): void {
    this.#freezes += 1;
  }

  thaw(): void {
    this.#freezes = Math.max(0, this.#freezes - 1);
    if (this.#freezes > 0) return;
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const act of deferred) act();
  }

  die(): void {
    this.#alive = false;
    this.#deferred = [];
  }

  #frozen(): Life | undefined {
    if (this.#freezes > 0) return this;
    return this.#parent === undefined ? undefined : this.#parent.#frozen();
  }
}
