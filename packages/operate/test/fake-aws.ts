import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The AWS endpoint as far as the commands see it: the failover function and its log group, by their wire protocols. */
export class FakeAws {
  readonly events: unknown[] = [];
  /** What the function does with an event; it may take its time. */
  onInvoke: (event: unknown) => Answer | Promise<Answer> = () => ({ status: 200, body: null });
  readonly #lines: string[] = [];
  readonly #server = createServer(async (request, response) => {
    const body = await buffer(request);
    const { status, headers = {}, body: answer } = await this.#answer(request.url ?? "", body);
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(answer));
  });

  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  log(line: string): void {
    this.#lines.push(line);
  }

  async #answer(url: string, body: Buffer): Promise<Answer> {
    if (!url.includes("/invocations")) {
      const events = this.#lines.map((message, index) => ({ eventId: String(index), timestamp: index, message }));
      return { status: 200, body: { events } };
    }
    const event: unknown = JSON.parse(body.toString("utf8"));
    this.events.push(event);
    return this.onInvoke(event);
  }
}
