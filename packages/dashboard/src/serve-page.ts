import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Run } from "@cloudy/observer/run.ts";
import { PAGE_PORT, PAGE_PORTS_TRIED, PUSH_INTERVAL_MS } from "./constants.ts";
import { renderPage } from "./page-bundle.ts";

export interface ServedPage {
  readonly url: string;
  /** Number of browsers that are listening. */
  viewers(): number;
  /** Pushes the current document at once, for example the verdict. */
  push(): void;
  close(): Promise<void>;
}

/**
 * Serves the live page on loopback: `/` is the page, `/events` its server-sent events, one whole document each.
 * A taken port is not an error: the next free one is used. `port: 0` lets the system choose.
 */
export async function servePage(options: {
  readonly run: () => Run;
  readonly port?: number;
  readonly onViewers?: (count: number) => void;
}): Promise<ServedPage> {
  const listeners = new Set<ServerResponse>();
  let lastPushed = "";
  const server = createServer((request, response) => {
    if (request.headers.host === undefined || !isLoopback(request.headers.host)) {
      // A page elsewhere on the web must not read this one by pointing its own name at 127.0.0.1.
      response.writeHead(403).end("Only for browsers on this machine.\n");
    } else if (request.method !== "GET") {
      response.writeHead(405, { allow: "GET" }).end();
    } else if (request.url === "/events") {
      listen(response);
    } else if (request.url === "/") {
      renderPage({ mode: "live" }, options.run().title).then(
        (html) => response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(html),
        (error) => response.writeHead(500).end(`The page could not be built: ${error}\n`),
      );
    } else {
      response.writeHead(404).end("There is only one page here: /\n");
    }
  });
  function listen(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(event(JSON.stringify(options.run())));
    listeners.add(response);
    options.onViewers?.(listeners.size);
    response.on("close", () => {
      listeners.delete(response);
      options.onViewers?.(listeners.size);
    });
  }
  function push(): void {
    if (listeners.size === 0) return;
    const document = JSON.stringify(options.run());
    if (document === lastPushed) return;
    lastPushed = document;
    for (const response of listeners) response.write(event(document));
  }
  const port = await listenNear(server, options.port ?? PAGE_PORT);
  const timer = setInterval(push, PUSH_INTERVAL_MS);
  return {
    url: `http://127.0.0.1:${port}/`,
    viewers: () => listeners.size,
    push,
    close() {
      clearInterval(timer);
      for (const response of listeners) response.end();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function event(document: string): string {
  return `data: ${document}\n\n`;
}

function isLoopback(host: string): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host);
}

async function listenNear(server: Server, first: number): Promise<number> {
  for (let port = first; ; port += 1) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, "127.0.0.1", () => {
          server.off("error", reject);
          resolve();
        });
      });
      return (server.address() as AddressInfo).port;
    } catch (error) {
      const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
      if (!isTaken || port >= first + PAGE_PORTS_TRIED) throw error;
    }
  }
}
