import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** As much of a file as one look takes. */
const LOOK_BYTES_MAX = 1_048_576;

/** Reads a file that others append to, whole lines at a time, from its beginning. */
export class LogTail {
  readonly #path: string;
  #offset = 0;
  #rest = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  /** The lines that were finished since the last call, empty ones aside; none while there is no such file. */
  read(): string[] {
    const text = Buffer.concat([this.#rest, this.#added()]);
    const end = text.lastIndexOf("\n") + 1;
    this.#rest = text.subarray(end);
    return text.subarray(0, end).toString("utf8").split("\n").filter(Boolean);
  }

  #added(): Buffer {
    let file: number;
    try {
      file = openSync(this.#path, "r");
    } catch {
      return Buffer.alloc(0);
    }
    try {
      const length = Math.min(fstatSync(file).size - this.#offset, LOOK_BYTES_MAX);
      const bytes = Buffer.alloc(Math.max(0, length));
      this.#offset += readSync(file, bytes, 0, bytes.length, this.#offset);
      return bytes;
    } finally {
      closeSync(file);
    }
  }
}
