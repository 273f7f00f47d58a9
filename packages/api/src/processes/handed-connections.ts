import type { Server } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { DRAIN_IDLE_MS, DRAIN_LOOK_INTERVAL_MS } from "../constants.ts";

/** Connections that the primary accepted, served by a server that does not listen itself. */
export class HandedConnections {
  readonly #server: Server;
  #open = 0;

  constructor(server: Server) {
    this.#server = server;
    // By this node:http begins to look for requests that take too long.
    server.emit("listening");
  }

  get open(): number {
    return this.#open;
  }

  take(socket: Socket): void {
    this.#open += 1;
    socket.once("close", () => {
      this.#open -= 1;
    });
    // As node:http has its own.
    socket.allowHalfOpen = true;
    this.#server.emit("connection", socket);
  }

  /**
   * Resolves when all have ended; no more come. Those without a request are closed after a while: until then one may be on its
   * way (see plugins/app/draining.ts, which also has the time limit).
   */
  async ended(shutdown_ms: number): Promise<void> {
    const idle_ms = performance.now() + Math.min(DRAIN_IDLE_MS, shutdown_ms / 4);
    while (this.#open > 0) {
      if (performance.now() > idle_ms) this.#server.closeIdleConnections();
      await delay(DRAIN_LOOK_INTERVAL_MS);
    }
  }
}
