import { STATUS_CODES } from "node:http";
import { PROBLEM_MEDIA_TYPE, problemDocument } from "./problem.ts";

/** An answer that is written without Fastify, since there is no request for it. */
export interface Refusal {
  readonly status: number;
  readonly statusLine: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What Node's HTTP parser reports, with the status that HTTP has for it; everything else is 400. */
const STATUSES: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "The request's header fields are larger than this server takes."],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "The extensions of the body's chunks are larger than this server takes."],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "The request did not arrive in full in time."],
};

/** The answer to bytes that are no HTTP request, or to a request that does not arrive. */
export function malformedAnswer(error: NodeJS.ErrnoException): Refusal {
  return refusal(...(STATUSES[error.code ?? ""] ?? [400, "The request is not valid HTTP/1.1."]));
}

function refusal(status: number, detail: string): Refusal {
  const body = JSON.stringify(problemDocument(status, detail));
  return {
    status,
    statusLine: `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    headers: {
      "content-type": `${PROBLEM_MEDIA_TYPE}; charset=utf-8`,
      "content-length": String(Buffer.byteLength(body)),
    },
    body,
  };
}
