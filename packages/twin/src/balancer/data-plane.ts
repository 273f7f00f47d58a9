import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock, HealthProber, Listener, LoadBalancerView } from "../cloud/contract.ts";
import type { Fabric } from "../network/fabric.ts";
import { LiveHealthProber } from "./health-prober.ts";
import { ReverseProxy } from "./reverse-proxy.ts";
import { TargetConnections } from "./target-connections.ts";

interface DataPlaneSettings {
  readonly fabric: Fabric;
  readonly view: LoadBalancerView;
  readonly clock: Clock;
}

/** Ports tried after the declared one, so that two twins run side by side. */
const PORTS_TRIED = 50;

/** The load balancers' nodes: listeners on 127.0.0.1 at their declared ports (or the next free ones), and health checks. */
export class DataPlane {
  readonly prober: HealthProber;
  readonly #view: LoadBalancerView;
  readonly #connections: TargetConnections;
  readonly #proxy: ReverseProxy;
  readonly #servers: Server[] = [];

  constructor({ fabric, view, clock }: DataPlaneSettings) {
    this.#view = view;
    this.#connections = new TargetConnections(fabric, view);
    this.#proxy = new ReverseProxy(view, this.#connections, clock);
    this.prober = new LiveHealthProber(this.#connections, clock);
  }

  /** Opens all listeners; resolves with each one's address on this machine. */
  async start(): Promise<ReadonlyMap<Listener, string>> {
    const urls = new Map<Listener, string>();
    for (const listener of this.#view.listeners()) {
      const server = createServer((incoming, outgoing) => this.#proxy.handle(listener, incoming, outgoing));
      this.#servers.push(server);
      urls.set(listener, `http://127.0.0.1:${await listen(server, listener.port)}`);
    }
    return urls;
  }

  async stop(): Promise<void> {
    this.#connections.close();
    await Promise.all(
      this.#servers.map((server) => {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        return closed;
      }),
    );
  }
}

async function listen(server: Server, wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + PORTS_TRIED; port += 1) {
    const isOpen = await new Promise<boolean>((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(false);
        else reject(error);
      });
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    server.removeAllListeners("error");
    if (isOpen) return (server.address() as AddressInfo).port;
  }
  throw new Error(`No free port from ${wanted} to ${wanted + PORTS_TRIED - 1} on 127.0.0.1.`);
}
