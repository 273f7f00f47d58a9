import { once } from "node:events";
import { createServer } from "node:http";

interface MetricsServer {
  readonly url: string;
  close(): void;
}

/** Serves the Prometheus text at /metrics, on a port of its own: the load balancer and its clients never reach it. */
export async function serveMetrics(
  { host, port }: { readonly host: string; readonly port: number },
  page: { readonly contentType: string; text(): Promise<string> },
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.url !== "/metrics") return response.writeHead(404).end("Metrics are at /metrics.\n");
    page.text().then(
      (text) => response.writeHead(200, { "content-type": page.contentType }).end(text),
      (error: unknown) => response.writeHead(500).end(`${error}\n`),
    );
    return response;
  });
  server.listen({ host, port });
  await once(server, "listening");
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://${host}:${bound}/metrics`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
