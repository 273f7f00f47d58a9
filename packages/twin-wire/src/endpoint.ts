import type { IncomingMessage, ServerResponse } from "node:http";
import { type Dispatcher, dispatch } from "./dispatch.ts";
import type { WireReply, WireRequest } from "./exchange.ts";
import { type HeldPort, holdPort } from "./held-port.ts";
import { serviceModel } from "./model.ts";
import { services } from "./services.ts";

export interface Endpoint {
  /** For example `http://127.0.0.1:4566`. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface EndpointOptions extends Dispatcher {
  /** A port that is held for it, or the wanted one; if that is taken, the next free one. Default: any. */
  readonly port?: HeldPort | number;
}

/** Requests larger than this are refused, as they would be by S3's single PutObject long before. */
const BODY_BYTES_MAX = 512 * 1024 * 1024;

/** An AWS endpoint for all services of the twin on the loopback device. Set `AWS_ENDPOINT_URL` to its `url`. */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { port = 0 } = options;
  const held = typeof port === "number" ? await holdPort(port) : port;
  held.server.on("request", (incoming: IncomingMessage, outgoing: ServerResponse) => {
    answer(incoming, outgoing, options).catch((problem: Error) => outgoing.destroy(problem));
  });
  // Now rather than at the first call: loading EC2's model would hold up a running twin for 0.3 s.
  await Promise.all(services.filter(({ name }) => options.services[name] !== undefined).map(serviceModel));
  return { url: `http://127.0.0.1:${held.number}`, port: held.number, close: () => held.close() };
}

async function answer(incoming: IncomingMessage, outgoing: ServerResponse, options: EndpointOptions): Promise<void> {
  const reply = await dispatch(await wireRequest(incoming), options);
  send(reply, incoming, outgoing);
}

async function wireRequest(incoming: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new Error(`The request's body is larger than ${BODY_BYTES_MAX} bytes.`);
    chunks.push(chunk);
  }
  const [path = "/", ...query] = (incoming.url ?? "/").split("?");
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers))
    headers[name] = Array.isArray(value) ? value.join(",") : (value ?? "");
  return { method: incoming.method ?? "GET", path, query: query.join("?"), headers, body: Buffer.concat(chunks) };
}

/** The `Date` header stays real time: SDKs correct their clocks by it, and those of the twin's processes are made. */
function send(reply: WireReply, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const isHead = incoming.method === "HEAD";
  const length = String(Buffer.byteLength(reply.body));
  outgoing.writeHead(reply.status, { "content-length": length, ...reply.headers });
  outgoing.end(isHead ? undefined : reply.body);
}
