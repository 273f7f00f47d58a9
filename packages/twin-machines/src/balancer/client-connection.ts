import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { CLIENT_LINGER_MS } from "./constants.ts";
import { ownAnswer } from "./own-answer.ts";

/** What Node keeps on a server's socket: the answer whose turn it is. */
interface ServerSocket extends Socket {
  readonly _httpMessage?: (ServerResponse & { readonly req: IncomingMessage }) | null;
}

/**
 * Lets connections with clients end so that the last answer arrives: a connection that is closed while its client writes is
 * reset, and the answer is lost with it. What is no HTTP is answered 400, after the requests before it.
 */
export function keepClients(server: Server): void {
  server.on("connection", (socket: Socket) => {
    // Node calls this after an answer with `Connection: close`; its own destroys the socket at once.
    socket.destroySoon = () => linger(socket);
  });
  const refused = new WeakSet<Socket>();
  server.on("clientError", (error: NodeJS.ErrnoException, socket: ServerSocket) => {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    if (refused.has(socket)) return;
    refused.add(socket);
    refuseInTurn(socket);
  });
}

function refuseInTurn(socket: ServerSocket): void {
  if (!socket.writable) return;
  const pending = socket._httpMessage ?? undefined;
  if (pending?.req.complete === true) {
    pending.once("close", () => refuseInTurn(socket));
    return;
  }
  // A broken body whose answer is under way gets no second one.
  if (pending?.headersSent !== true) {
    const { headers, page } = ownAnswer(400);
    const fields = Object.entries({ ...headers, connection: "close" }).map(([name, value]) => `${name}: ${value}`);
    socket.write(["HTTP/1.1 400 Bad Request", ...fields, "", page].join("\r\n"));
  }
  linger(socket);
}

/** Ends our side, and reads on until the client's end. */
function linger(socket: Socket): void {
  if (socket.destroyed || socket.writableEnded) return;
  // The parser is taken off the socket: whatever comes now is no request.
  socket.removeAllListeners("data");
  socket.on("data", () => undefined);
  socket.resume();
  socket.end();
  const timer = setTimeout(() => socket.destroy(), CLIENT_LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}
