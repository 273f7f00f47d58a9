import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface StoredObject {
  readonly content: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly modified: Date;
}

/** As much of S3 as backups use, addressed by path, for one bucket; what it refuses it refuses like S3. */
export class ObjectStore {
  readonly objects = new Map<string, StoredObject>();
  /** While true, every request is answered by 503. */
  fails = false;
  /** While true, no request is answered. */
  isSilent = false;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) => refuse(response, 500, String(error)));
  });
  readonly #uploads = new Map<string, Map<number, Buffer>>();

  static async open(): Promise<ObjectStore> {
    const store = new ObjectStore();
    store.#server.listen(0, "127.0.0.1");
    await once(store.#server, "listening");
    return store;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  keys(prefix = ""): readonly string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  json(key: string): Record<string, unknown> {
    return JSON.parse(this.objects.get(key)?.content.toString("utf8") ?? "null");
  }

  /** Flips one byte in the middle of an object. */
  damage(key: string): void {
    const content = this.objects.get(key)!.content;
    const middle = Math.floor(content.length / 2);
    content.writeUInt8(content.readUInt8(middle) ^ 0xff, middle);
  }

  /** Changes fields of a JSON object. */
  rewrite(key: string, fields: object): void {
    const object = this.objects.get(key)!;
    this.objects.set(key, { ...object, content: Buffer.from(JSON.stringify({ ...this.json(key), ...fields })) });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    if (this.isSilent) return;
    if (this.fails) return refuse(response, 503, "SlowDown");
    const body = Buffer.concat(chunks);
    const url = new URL(request.url ?? "/", "http://s3");
    const key = decodeURIComponent(url.pathname.split("/").slice(2).join("/"));
    const upload = url.searchParams.get("uploadId");
    if (key === "") return this.#list(url.searchParams.get("prefix") ?? "", response);
    if (request.method === "POST" && upload === null) return this.#begin(response);
    if (request.method === "POST") return this.#complete(key, upload ?? "", response);
    if (request.method === "PUT" && upload !== null) {
      this.#uploads.get(upload)?.set(Number(url.searchParams.get("partNumber")), body);
      return send(response, 200, "", { etag: `"${url.searchParams.get("partNumber")}"` });
    }
    if (request.method === "PUT") return this.#put(key, body, request.headers, response);
    if (request.method === "DELETE") {
      this.objects.delete(key);
      return send(response, 204, "");
    }
    const object = this.objects.get(key);
    if (object === undefined) return refuse(response, 404, "NoSuchKey");
    response.writeHead(200, { ...object.headers, "content-length": object.content.length });
    response.end(request.method === "HEAD" ? undefined : object.content);
  }

  #put(key: string, body: Buffer, headers: IncomingMessage["headers"], response: ServerResponse): void {
    if (headers["if-none-match"] === "*" && this.objects.has(key)) {
      refuse(response, 412, "PreconditionFailed");
      return;
    }
    const sum = headers["x-amz-checksum-sha256"];
    if (sum !== undefined && sum !== createHash("sha256").update(body).digest("base64")) {
      refuse(response, 400, "BadDigest");
      return;
    }
    const kept = Object.entries(headers).filter(([name]) => name.startsWith("x-amz-meta-"));
    this.objects.set(key, {
      content: body,
      headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
      modified: new Date(),
    });
    send(response, 200, "");
  }

  #begin(response: ServerResponse): void {
    const id = String(this.#uploads.size + 1);
    this.#uploads.set(id, new Map());
    send(response, 200, xml("InitiateMultipartUploadResult", `<UploadId>${id}</UploadId>`));
  }

  #complete(key: string, id: string, response: ServerResponse): void {
    const parts = [...(this.#uploads.get(id) ?? [])].sort(([a], [b]) => a - b);
    this.objects.set(key, {
      content: Buffer.concat(parts.map(([, content]) => content)),
      headers: {},
      modified: new Date(),
    });
    send(response, 200, xml("CompleteMultipartUploadResult", "<ETag>all</ETag>"));
  }

  #list(prefix: string, response: ServerResponse): void {
    const entries = this.keys(prefix).map((key) => {
      const { content, modified } = this.objects.get(key)!;
      const fields = `<Size>${content.length}</Size><LastModified>${modified.toISOString()}</LastModified>`;
      return `<Contents><Key>${key}</Key>${fields}</Contents>`;
    });
    send(response, 200, xml("ListBucketResult", `<IsTruncated>false</IsTruncated>${entries.join("")}`));
  }
}

function xml(root: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><${root}>${content}</${root}>`;
}

function send(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/xml", ...headers });
  response.end(body);
}

function refuse(response: ServerResponse, status: number, code: string): void {
  send(response, status, xml("Error", `<Code>${code}</Code><Message>${code}</Message>`));
}
