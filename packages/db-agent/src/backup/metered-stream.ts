import { createHash } from "node:crypto";
import { Transform } from "node:stream";

/** Passes bytes on and knows their number and SHA-256 in the end. */
export class MeteredStream extends Transform {
  readonly #hash = createHash("sha256");
  bytes = 0;

  constructor() {
    super({
      transform: (chunk: Buffer, _encoding, done) => {
        this.bytes += chunk.length;
        this.#hash.update(chunk);
        done(null, chunk);
      },
    });
  }

  sha256(): string {
    return this.#hash.digest("hex");
  }
}
