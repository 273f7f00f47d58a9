import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { PostgresAnswer } from "@cloudy/contracts/probe-answer.ts";

/** The role that the probe names. It need not exist: the server asks for its password all the same, and the probe hangs up. */
const PROBE_ROLE = "cloudy_probe";

/** SQLSTATE cannot_connect_now: starting up, in recovery, shutting down. */
const CANNOT_CONNECT_NOW = "57P03";

/** The request code 1234.5679 in the place of a protocol version: the server answers `S` or `N`. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/**
 * Is PostgreSQL at `host:port` there, and does it take sessions? Asks for TLS, sends a startup message (protocol 3.0) and
 * looks at the first answer: only a server that takes sessions goes on to authentication, or to an error other than 57P03.
 * Needs no password and leaves no session. Whose certificate it is does not matter: nothing secret is said, and the route
 * and the security groups decide who answers.
 */
export function probePostgres(
  host: string,
  port: number,
  limit_ms: number,
): Promise<{ readonly answer: PostgresAnswer; readonly because?: string }> {
  return new Promise((resolve) => {
    const socket = connectPlain({ host, port });
    const timer = setTimeout(() => finish("unreachable", `no answer within ${limit_ms} ms`), limit_ms);
    const finish = (answer: PostgresAnswer, because?: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(because === undefined ? { answer } : { answer, because });
    };
    const startSession = (stream: Socket) => {
      let received = Buffer.alloc(0);
      stream.on("data", (bytes) => {
        received = Buffer.concat([received, bytes]);
        const answer = interpret(received);
        if (answer !== undefined) finish(answer);
      });
      stream.write(startupMessage());
    };
    socket.on("connect", () => socket.write(SSL_REQUEST));
    socket.once("data", (answer) => {
      if (answer.toString("latin1") === "S") {
        const encrypted = connectTls({ socket, rejectUnauthorized: false }, () => startSession(encrypted));
        encrypted.on("error", (error) => finish("unreachable", error.message));
      } else if (answer.toString("latin1") === "N") startSession(socket);
      else finish("unreachable", "answered as no PostgreSQL does");
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
