import { connect } from "node:net";

/** How one exchange of bytes ended. */
interface Exchange {
  readonly text: string;
  /** Each answer's status, in order. */
  readonly statuses: readonly number[];
  /** `end`: the server closed its side; `enough`: all answers that were waited for came; else the error's code. */
  readonly over: string;
  readonly time_ms: number;
}

interface Conversation {
  /** Ends with so many answers; without it the server's end is waited for. */
  readonly answers?: number;
  /** Between two pieces. */
  readonly pause_ms?: number;
  /** The client closes its side after the last piece. */
  readonly isEnded?: boolean;
}

/**
 * Writes all pieces before it reads the first byte, as blocking clients do: what is reset meanwhile is lost to them, as
 * their next write fails.
 */
export function writeThenRead(
  url: string,
  pieces: readonly (string | Buffer)[],
  { answers, pause_ms = 0, isEnded = false }: Conversation = {},
): Promise<Exchange> {
  const start_ms = performance.now();
  return new Promise((resolve) => {
    const { port, hostname } = new URL(url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    let text = "";
    const finish = (over: string) => {
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
      resolve({ text, statuses, over, time_ms: performance.now() - start_ms });
      socket.destroy();
    };
    const read = () => {
      if (isEnded) socket.end();
      socket.on("data", (chunk) => {
        text += chunk;
        if (answers !== undefined && answersIn(text) >= answers) finish("enough");
      });
      socket.on("end", () => finish("end"));
      socket.resume();
    };
    const write = (index: number) => {
      const piece = pieces[index];
      if (piece === undefined) read();
      else socket.write(piece, () => setTimeout(write, index + 1 < pieces.length ? pause_ms : 0, index + 1));
    };
    socket.pause();
    socket.on("error", (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    socket.on("connect", () => write(0));
  });
}

/** Answers that are there in full; all of this service's have a length. */
function answersIn(text: string): number {
  let count = 0;
  for (let rest = text; ; count += 1) {
    const [head = "", ...body] = rest.split("\r\n\r\n");
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Number.NaN);
    const after = body.join("\r\n\r\n");
    if (/^HTTP\/1\.1 1\d\d/.test(head)) {
      rest = after;
      count -= 1;
      continue;
    }
    if (!(Buffer.byteLength(after) >= length)) return count;
    rest = after.slice(length);
  }
}

export function requestBytes(line: string, headers: Readonly<Record<string, string>>, body: string | Buffer = "") {
  const fields = Object.entries({ host: "a", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\n${fields.join("")}\r\n`), Buffer.from(body)]);
}

/** A body of so many bytes with its length, or in chunks of 16 KB. */
export function largeRequest(line: string, bytes: number, framing: "length" | "chunked", headers = {}): Buffer {
  const json = { "content-type": "application/json", ...headers };
  if (framing === "length") {
    return requestBytes(line, { ...json, "content-length": String(bytes) }, Buffer.alloc(bytes, "x"));
  }
  const chunk = `4000\r\n${"x".repeat(0x4000)}\r\n`;
  return requestBytes(
    line,
    { ...json, "transfer-encoding": "chunked" },
    `${chunk.repeat(Math.ceil(bytes / 0x4000))}0\r\n\r\n`,
  );
}
