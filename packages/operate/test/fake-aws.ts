import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The AWS endpoint as far as the commands see it, by its wire protocols: the failover function, its log group, a bucket. */
export class FakeAws {
  readonly events: unknown[] = [];
  /** What the function does with an event; it may take its time. */
  onInvoke: (event: unknown) => Answer | Promise<Answer> = () => ({ status: 200, body: null });
  /** Keys of the bucket `backups` and what is in them. */
  readonly objects = new Map<string, string>();
  readonly #lines: string[] = [];
  readonly #server = createServer(async (request, response) => {
    const body = await buffer(request);
    const { status, headers = {}, body: answer } = await this.#answer(request.url ?? "", body);
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
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
    if (url.startsWith("/backups")) return this.#store(new URL(url, "http://s3"));
    if (!url.includes("/invocations")) {
      const events = this.#lines.map((message, index) => ({ eventId: String(index), timestamp: index, message }));
      return { status: 200, body: { events } };
    }
    const event: unknown = JSON.parse(body.toString("utf8"));
    this.events.push(event);
    return this.onInvoke(event);
  }

  #store({ pathname, searchParams }: URL): Answer {
    const key = pathname.replace(/^\/backups\/?/, "");
    const content = this.objects.get(key);
    if (content !== undefined) return { status: 200, body: content };
    const keys = [...this.objects.keys()].filter((name) => name.startsWith(searchParams.get("prefix") ?? ""));
    const contents = keys.map((name) => `<Contents><Key>${name}</Key></Contents>`).join("");
    const headers = { "content-type": "application/xml" };
    return { status: 200, headers, body: `<ListBucketResult>${contents}</ListBucketResult>` };
  }
}
