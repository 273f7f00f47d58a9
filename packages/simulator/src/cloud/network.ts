/** Who cannot send to whom: `probe`, `web` and instance ids. One direction may be cut without the other. */
export class Network {
  readonly #cuts = new Map<string, number>();

  isCut(from: string, to: string): boolean {
    return this.#cuts.size > 0 && this.#cuts.has(`${from}>${to}`);
  }

  cut(from: string, to: string): void {
    const key = `${from}>${to}`;
    this.#cuts.set(key, (this.#cuts.get(key) ?? 0) + 1);
  }

  heal(from: string, to: string): void {
    const key = `${from}>${to}`;
    const count = (this.#cuts.get(key) ?? 0) - 1;
    if (count > 0) this.#cuts.set(key, count);
    else this.#cuts.delete(key);
  }
}
