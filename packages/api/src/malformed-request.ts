import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { PROBLEM_MEDIA_TYPE, problemDocument } from "./problem.ts";

/** What Node's HTTP parser reports, with the status that HTTP has for it; everything else is 400. */
const STATUSES: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "The request's header fields are larger than this server takes."],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "The request did not arrive in full in time."],
};

/** Answers bytes that are no HTTP request; there is no request object yet, and the connection ends with it. */
export function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  // A connection that is gone already cannot be told anything.
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy(error);
    return;
  }
  const [status, detail] = STATUSES[error.code ?? ""] ?? [400, "The request is not valid HTTP/1.1."];
  const body = JSON.stringify(problemDocument(status, detail));
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `Content-Type: ${PROBLEM_MEDIA_TYPE}; charset=utf-8`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      "Connection: close",
      "",
      body,
    ].join("\r\n"),
  );
}
