import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from "node:http";

/** These belong to one connection only (RFC 9110, section 7.6.1); `expect` is answered by the load balancer itself. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** What the target gets: the client's end-to-end headers and the load balancer's X-Forwarded ones. */
export function requestHeaders(request: IncomingMessage, protocol: string, port: number): OutgoingHttpHeaders {
  const dropped = namedByConnection(request.headers);
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && name !== "expect" && !HOP_BY_HOP.has(name) && !dropped.has(name)) headers[name] = value;
  }
  // A body without a length stays chunked, whatever the method.
  if (request.headers["transfer-encoding"] !== undefined) headers["transfer-encoding"] = "chunked";
  const client = request.socket.remoteAddress ?? "";
  const forwarded = request.headers["x-forwarded-for"];
  headers["x-forwarded-for"] = forwarded === undefined ? client : `${forwarded}, ${client}`;
  headers["x-forwarded-proto"] = protocol.toLowerCase();
  headers["x-forwarded-port"] = String(port);
  headers["x-amzn-trace-id"] ??= traceId();
  return headers;
}

/** The target's headers as they came, repeated ones included, without those of its connection. */
export function responseHeaders(response: IncomingMessage): string[] {
  const dropped = namedByConnection(response.headers);
  const headers: string[] = [];
  const raw = response.rawHeaders;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !dropped.has(lower)) headers.push(name, raw[index + 1] ?? "");
  }
  return headers;
}

const NONE: ReadonlySet<string> = new Set();

function namedByConnection(headers: IncomingHttpHeaders): ReadonlySet<string> {
  const value = headers.connection;
  if (value === undefined || value === "close" || value === "keep-alive") return NONE;
  return new Set(value.split(",").map((name) => name.trim().toLowerCase()));
}

function traceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString("hex")}`;
}
