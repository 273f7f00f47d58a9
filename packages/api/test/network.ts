import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/**
 * - `open`: bytes pass.
 * - `silent`: nothing passes, in either direction, and nobody is told: a lost host.
 * - `deaf`: what is sent arrives, what is answered does not: an acknowledgement that gets lost.
 * - `closed`: connections are reset.
 */
type Mode = "open" | "silent" | "deaf" | "closed";

/** The way to a server behind one fixed address, as a virtual IP would be; it can be disturbed and lead elsewhere. */
export interface Network {
  readonly port: number;
  /** Connections so far. */
  accepted(): number;
  set(mode: Mode): void;
  /** Leads new connections to another port; those open stay silent, as they do when a virtual IP moves. */
  moveTo(port: number): void;
  close(): Promise<void>;
}

export async function createNetwork(firstTarget: number): Promise<Network> {
  let mode: Mode = "open";
  let target = firstTarget;
  let accepted = 0;
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((client) => {
    track(client);
    accepted += 1;
    if (mode === "closed") return client.resetAndDestroy();
    const origin = target;
    const upstream = track(connect(origin, "127.0.0.1"));
    const passes = (direction: "request" | "answer") =>
      origin === target && (mode === "open" || (mode === "deaf" && direction === "request"));
    client.on("data", (chunk) => passes("request") && upstream.write(chunk));
    upstream.on("data", (chunk) => passes("answer") && client.write(chunk));
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => passes("answer") && client.destroy());
    return undefined;
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No address.");
  return {
    port: address.port,
    accepted: () => accepted,
    set: (next) => {
      mode = next;
      if (next === "closed") for (const socket of sockets) socket.resetAndDestroy();
    },
    moveTo: (port) => {
      target = port;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
