import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

/** A long way: each byte is under way for half a round trip in each direction. Setting a connection up takes no longer. */
export async function startDelayingProxy(target: URL, roundTrip_ms: number) {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port), allowHalfOpen: true });
    carry(client, upstream, roundTrip_ms / 2);
    carry(upstream, client, roundTrip_ms / 2);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Timers of one length fire in the order in which they were set, so nothing overtakes. */
function carry(from: Socket, to: Socket, delay_ms: number): void {
  const later = (act: () => void) => setTimeout(() => to.destroyed || act(), delay_ms);
  from.setNoDelay(true);
  from.on("data", (chunk) => later(() => to.write(chunk)));
  from.on("end", () => later(() => to.end()));
  from.on("error", () => later(() => to.destroy()));
  from.on("close", () => later(() => to.destroy()));
}
