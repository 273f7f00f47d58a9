import { createServer, type Server } from "node:http";

/** Ports tried after the wanted one, so that two twins can run side by side. */
const PORTS_TRIED = 50;

/**
 * A port of the loopback device that nobody else can take, though nothing answers there before an endpoint is started on
 * it: the instances and functions that call the endpoint are made before the services that answer, and are told the port.
 */
export interface HeldPort {
  readonly number: number;
  readonly server: Server;
  close(): Promise<void>;
}

/** Takes the wanted port or, if it is taken, the next free one; 0 is any. */
export async function holdPort(wanted = 0): Promise<HeldPort> {
  const server = createServer();
  return {
    number: await listen(server, wanted),
    server,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((problem) => (problem ? reject(problem) : resolve()));
        server.closeAllConnections();
      }),
  };
}

async function listen(server: Server, wanted: number): Promise<number> {
  for (let port = wanted; ; port += 1) {
    try {
      return await listenAt(server, port);
    } catch (problem) {
      const taken = (problem as NodeJS.ErrnoException).code === "EADDRINUSE";
      if (!taken || port >= wanted + PORTS_TRIED) throw problem;
    }
  }
}

function listenAt(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}
