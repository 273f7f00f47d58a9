import type { Server } from "node:http";
import { PORTS_TRIED_MAX } from "./constants.ts";

/** Listens on 127.0.0.1 at the declared port or, where that is taken, the next free one; resolves with the port. */
export async function listenNear(server: Server, declaredPort: number): Promise<number> {
  for (let port = declaredPort; port < declaredPort + PORTS_TRIED_MAX && port < 65_536; port += 1) {
    if (await tryListen(server, port)) return port;
  }
  throw new Error(
    `Ports ${declaredPort} to ${declaredPort + PORTS_TRIED_MAX - 1} of 127.0.0.1 are taken; free one for the load balancer.`,
  );
}

function tryListen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      server.off("listening", succeed);
      // Ports below 1024 need privileges: the load balancer of the twin can do without.
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(false);
      else reject(error);
    };
    const succeed = () => {
      server.off("error", fail);
      resolve(true);
    };
    server.once("error", fail);
    server.once("listening", succeed);
    server.listen({ host: "127.0.0.1", port, exclusive: true });
  });
}
