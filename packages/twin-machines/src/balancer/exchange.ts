import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { ConnectError } from "../network/fabric.ts";
import { responseHeaders } from "./headers.ts";
import { ownAnswer } from "./own-answer.ts";

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** To the target. */
  readonly upstream: ClientRequest;
}

export type Verdict = { readonly by: "target" | "load-balancer"; readonly status: number };

/**
 * Carries one request to its target and the answer back; `conclude` is told once how it ended. As Application Load Balancers
 * document their own statuses:
 *
 * - 502: the target closed or reset the connection, or did not take it, before its answer was complete. An answer that is
 *   complete counts, also when the request's body was still under way: the rest is read and thrown away.
 * - 504: the target was silent for the idle timeout. 408: the client was, amid its request.
 * - 460: the client left before the answer. 400: it left before the end of its request.
 */
export function carry({ request, response, upstream }: Exchange, conclude: (verdict: Verdict) => void): void {
  let isOver = false;
  const once = (verdict: Verdict) => {
    if (isOver) return false;
    isOver = true;
    conclude(verdict);
    return true;
  };
  const fail = (status: number) => {
    if (!once({ by: "load-balancer", status })) return;
    if (response.headersSent) response.destroy();
    else answerByItself(request, response, status);
  };
  const giveUp = () => {
    // A target that takes no more is as silent as one that says nothing.
    const isTargetLate = request.complete || upstream.writableNeedDrain;
    fail(isTargetLate ? 504 : 408);
    upstream.destroy();
  };

  upstream.on("response", (answer) => {
    const status = answer.statusCode ?? 502;
    response.writeHead(status, answer.statusMessage, responseHeaders(answer));
    answer.pipe(response);
    answer.once("end", () => {
      once({ by: "target", status });
      // Whether the target would take the rest, and how fast, must not hold up the client.
      if (!request.complete) upstream.destroy();
    });
    answer.once("error", () => fail(502));
  });
  upstream.on("timeout", giveUp);
  upstream.on("error", (error) => fail(error instanceof ConnectError && error.code === "ETIMEDOUT" ? 504 : 502));
  upstream.on("close", () => discard(request));
  request.on("timeout", () => {
    if (isOver) request.socket.destroy();
    else giveUp();
  });
  // With a listener Node leaves the connection open: the target's own timeout decides.
  response.on("timeout", () => undefined);
  response.on("close", () => {
    const isSent = response.writableFinished;
    if (!isSent) once({ by: "load-balancer", status: request.complete ? 460 : 400 });
    // A client that leaves takes its request with it; so does the end of its connection.
    if (!isSent || (!request.complete && !response.shouldKeepAlive)) upstream.destroy();
  });
  request.pipe(upstream);
}

export function answerByItself(request: IncomingMessage, response: ServerResponse, status: number): void {
  discard(request);
  const { headers, page } = ownAnswer(status);
  // The rest of the body has no one to go to, but unless it does not come the connection can serve the next request.
  response.writeHead(status, status === 408 ? { ...headers, connection: "close" } : headers).end(page);
}

/** Reads what is left of a body and throws it away: a client that writes first would wait for ever. */
function discard(request: IncomingMessage): void {
  request.unpipe();
  request.resume();
}
