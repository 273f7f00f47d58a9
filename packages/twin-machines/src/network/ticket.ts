import { createServer, type Socket } from "node:net";
import { TICKET_EXPIRY_MS } from "./constants.ts";

export interface Ticket {
  readonly address: string;
  readonly port: number;
}

/** Listens for exactly one connection; `redeem` gets its socket, `expire` is called when nobody comes. */
export function issueTicket(address: string, redeem: (socket: Socket) => void, expire: () => void): Promise<Ticket> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const expiry = setTimeout(() => {
      server.close();
      expire();
    }, TICKET_EXPIRY_MS);
    expiry.unref();
    server.once("connection", (socket) => {
      clearTimeout(expiry);
      server.close();
      redeem(socket);
    });
    server.once("error", (error) => {
      clearTimeout(expiry);
      reject(error);
    });
    server.listen({ host: address, port: 0, backlog: 1, exclusive: true }, () => {
      server.unref();
      const bound = server.address();
      if (bound !== null && typeof bound === "object") resolve({ address, port: bound.port });
    });
  });
}

/** Carries bytes both ways; an end stays an end, a broken side breaks the other with a reset. */
export function splice(one: Socket, other: Socket): void {
  carry(one, other);
  carry(other, one);
}

function carry(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on("error", () => to.resetAndDestroy());
  from.on("close", () => {
    if (!from.readableEnded && !to.destroyed) to.resetAndDestroy();
  });
}
