import { connect } from "node:net";
import type { PostgresAnswer } from "./observation.ts";

/** The role that the probe names. It need not exist: the server asks for its password all the same, and the probe hangs up. */
const PROBE_ROLE = "cloudy_probe";

/** SQLSTATE cannot_connect_now: starting up, in recovery, shutting down. */
const CANNOT_CONNECT_NOW = "57P03";

/**
 * Is PostgreSQL at `host:port` there, and does it take sessions? Sends a startup message (protocol 3.0) and looks at the
 * first answer: only a server that takes sessions goes on to authentication, or to an error other than 57P03. Needs no
 * password and leaves no session.
 */
export function probePostgres(
  host: string,
  port: number,
  limit_ms: number,
): Promise<{ readonly answer: PostgresAnswer; readonly because?: string }> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const socket = connect({ host, port });
    const timer = setTimeout(() => finish("unreachable", `no answer within ${limit_ms} ms`), limit_ms);
    const finish = (answer: PostgresAnswer, because?: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(because === undefined ? { answer } : { answer, because });
    };
    socket.on("connect", () => socket.write(startupMessage()));
    socket.on("data", (bytes) => {
      received = Buffer.concat([received, bytes]);
      const answer = interpret(received);
      if (answer !== undefined) finish(answer);
    });
    socket.on("error", (error) => finish("unreachable", error.message));
    socket.on("close", () => finish("unreachable", "closed without an answer"));
  });
}

/** Length, protocol version 3.0, then names and values, each ended by a zero byte, and one more. */
function startupMessage(): Buffer {
  const body = Buffer.from(`user\0${PROBE_ROLE}\0database\0postgres\0application_name\0cloudy-probe\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + body.length, 0);
  head.writeInt32BE(0x0003_0000, 4);
  return Buffer.concat([head, body]);
}

/** What the first message of the server says; `undefined` while it is incomplete. */
export function interpret(received: Buffer): PostgresAnswer | undefined {
  if (received.length < 5) return undefined;
  const type = String.fromCharCode(received[0] ?? 0);
  if (type === "R") return "accepting";
  if (type !== "E") return "unreachable";
  if (received.length < 1 + received.readInt32BE(1)) return undefined;
  const fields = received.subarray(5).toString("latin1").split("\0");
  return fields.includes(`C${CANNOT_CONNECT_NOW}`) ? "starting" : "accepting";
}
