import { createHash } from "node:crypto";

/** Makes ids that look like AWS's and are the same in every run with the same seed. */
export class Identifiers {
  readonly #seed: string;
  #count = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** For example `i-0a1b2c3d4e5f60718` (17 hex digits, the first of them 0). */
  resource(prefix: string): string {
    return `${prefix}-0${this.#digest().slice(0, 16)}`;
  }

  uuid(): string {
    const hex = this.#digest();
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(13, 16)}`,
      `8${hex.slice(17, 20)}`,
      hex.slice(20, 32),
    ].join("-");
  }

  #digest(): string {
    this.#count += 1;
    return createHash("sha256").update(`${this.#seed}/${this.#count}`).digest("hex");
  }
}
