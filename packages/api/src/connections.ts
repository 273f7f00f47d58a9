import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ConnectionLimits } from "./constants.ts";
import { malformedAnswer, type Refusal } from "./malformed-request.ts";

/** What Node keeps on a server's socket; undocumented, and the same since the first versions. */
interface ServerSocket extends Socket {
  /** The answer whose turn it is; those of pipelined requests follow it in order. */
  readonly _httpMessage?: ServerResponse | null;
  /** The request that was begun last. */
  readonly parser?: { readonly incoming: IncomingMessage | null } | null;
}

/**
 * - `refusing`: what is no HTTP came; it is answered once the requests before it are. `refused`: that answer was sent.
 * - `discarding`: the last answer was sent, and the rest of its request's body arrives.
 * - `lingering`: our side is closed, and what still arrives is thrown away.
 */
type Ending = "refusing" | "refused" | "discarding" | "lingering";

/**
 * The server's connections where Node's own handling would lose an answer. Closing a connection while its client still
 * writes has TCP reset it, and a reset throws away the answer that the client has not read yet: clients that write
 * everything before they read see a broken pipe, load balancers answer 502 instead. So what a client still sends is read and
 * thrown away, within bounds, and a connection is closed on our side first (RFC 9112, section 9.6).
 */
export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #endings = new Map<Socket, Ending>();
  /** Those whose last request is here. */
  readonly #last = new Set<Socket>();
  /** Requests that were answered before their body had arrived. */
  readonly #discarded = new Set<IncomingMessage>();
  #isHurried = false;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  attach(server: Server): void {
    // A client that ends its side after its request is still there for the answer; Node would throw it away.
    Object.assign(server, { httpAllowHalfOpen: true });
    server.on("connection", (socket: Socket) => {
      // Node calls this after an answer with `Connection: close`; its own destroys the socket at once.
      socket.destroySoon = () => this.#end(socket);
    });
    // Nothing but 100-continue is known, and what is not known may be ignored; Node would answer 417 without a body.
    server.on("checkExpectation", (request, response) => server.emit("request", request, response));
  }

  /**
   * False for a request that follows the last one of its connection: its client could not be told what came of it. Node
   * hands on what arrives together with the last one, and while that is answered.
   */
  accepts({ socket }: IncomingMessage, { shouldKeepAlive }: ServerResponse): boolean {
    if (this.#last.size > 0 && this.#last.has(socket)) return false;
    if (!shouldKeepAlive) this.#setLast(socket);
    return true;
  }

  /**
   * Reads what is left of the body of a request that is being answered early, so that the connection can go on. Past
   * `discardedBytes_max` the connection ends. Says whether more than that is announced.
   */
  discardBody(request: IncomingMessage, response: ServerResponse): "nothing" | "some" | "too-much" {
    if (!isUnderWay(request)) return "nothing";
    this.#discarded.add(request);
    for (const event of ["end", "close"]) request.once(event, () => this.#discarded.delete(request));
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= this.#limits.discardedBytes_max) return;
      request.pause();
      if (response.writableFinished) this.#linger(request.socket);
      else response.once("finish", () => this.#linger(request.socket));
    });
    if (!this.#isTooLong(request)) return "some";
    this.#setLast(request.socket);
    return "too-much";
  }

  /** Waits no longer for bodies whose answer was sent: the server is shutting down. */
  hurry(): void {
    this.#isHurried = true;
    for (const [socket, ending] of this.#endings) if (ending === "discarding") this.#linger(socket);
    for (const request of this.#discarded) {
      if ((request.socket as ServerSocket)._httpMessage == null) this.#linger(request.socket);
    }
  }

  /** Answers what is no HTTP request, and requests that do not arrive in time; the connection ends with it. */
  refuse(error: NodeJS.ErrnoException, socket: ServerSocket): void {
    const ending = this.#endings.get(socket);
    if (ending === "refusing" || ending === "refused") return;
    if (ending === "discarding") {
      // It is the rest of a request that has its answer.
      this.#linger(socket);
      return;
    }
    if (ending === "lingering" || error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy(error);
      return;
    }
    this.#endings.set(socket, "refusing");
    this.#setLast(socket);
    this.#answerInTurn(malformedAnswer(error), socket);
  }

  #answerInTurn(answer: Refusal, socket: ServerSocket): void {
    if (socket.destroyed || this.#endings.get(socket) !== "refusing") return;
    const pending = socket._httpMessage ?? undefined;
    if (pending?.req.complete === true) {
      pending.once("close", () =>
        pending.shouldKeepAlive ? this.#answerInTurn(answer, socket) : this.#linger(socket),
      );
      return;
    }
    this.#endings.set(socket, "refused");
    if (pending !== undefined && !pending.headersSent) {
      // Who waits for its body must not answer it a second time.
      for (const event of ["data", "end", "error"]) pending.req.removeAllListeners(event);
      pending.req.on("error", () => undefined);
      this.#send(pending, answer);
    } else if (requestUnderWay(socket) === undefined) this.#sendRaw(socket, answer);
    // What is broken is the body of a request that has its answer.
    else this.#linger(socket);
  }

  #send(response: ServerResponse, { status, headers, body }: Refusal): void {
    response.writeHead(status, { ...headers, connection: "close" }).end(body);
  }

  #sendRaw(socket: Socket, { statusLine, headers, body }: Refusal): void {
    const fields = Object.entries({ ...headers, connection: "close" }).map(([name, value]) => `${name}: ${value}`);
    socket.write([statusLine, ...fields, "", body].join("\r\n"));
    this.#linger(socket);
  }

  /** After the last answer. The rest of its request is waited for: a proxy takes an end before that for a failure. */
  #end(socket: ServerSocket): void {
    const ending = this.#endings.get(socket);
    // While a refusal waits for its turn the client's end alone makes Node call this.
    if (ending === "refusing" || ending === "discarding" || ending === "lingering") return;
    const request = requestUnderWay(socket);
    if (request === undefined || ending === "refused" || this.#isHurried || this.#isTooLong(request)) {
      this.#linger(socket);
      return;
    }
    this.#endings.set(socket, "discarding");
    this.#setLast(socket);
    request.once("end", () => this.#linger(socket));
  }

  #isTooLong({ headers }: IncomingMessage): boolean {
    return Number(headers["content-length"] ?? 0) > this.#limits.discardedBytes_max;
  }

  #linger(socket: Socket): void {
    if (this.#endings.get(socket) === "lingering" || socket.destroyed) return;
    this.#endings.set(socket, "lingering");
    this.#setLast(socket);
    // The parser is taken off the socket: whatever comes now is no request.
    socket.removeAllListeners("data");
    socket.on("data", () => undefined);
    socket.resume();
    socket.end();
    const timer = setTimeout(() => socket.destroy(), this.#limits.linger_ms);
    socket.once("close", () => clearTimeout(timer));
  }

  #setLast(socket: Socket): void {
    if (this.#last.has(socket)) return;
    this.#last.add(socket);
    socket.once("close", () => {
      this.#last.delete(socket);
      this.#endings.delete(socket);
    });
  }
}

/** The request of this connection whose body has not arrived in full. */
function requestUnderWay(socket: ServerSocket): IncomingMessage | undefined {
  const request = socket.parser?.incoming ?? undefined;
  return request !== undefined && isUnderWay(request) ? request : undefined;
}

/** Without one of these headers there is no body; a request counts as complete only after its handler has begun. */
function isUnderWay({ complete, headers }: IncomingMessage): boolean {
  return complete === false && ("content-length" in headers || "transfer-encoding" in headers);
}
