import { type IncomingMessage, request, type ServerResponse } from "node:http";
import type { Clock, Listener, LoadBalancerView, Target } from "../cloud/contract.ts";
import type { TargetConnections } from "./target-connections.ts";

/** Headers that belong to one connection (RFC 9110, 7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const REASONS: Readonly<Record<number, string>> = {
  502: "Bad Gateway",
  503: "Service Temporarily Unavailable",
  504: "Gateway Time-out",
};

type Forward = Listener & { readonly action: { readonly kind: "forward" } };

/** Forwards requests to healthy targets in turn, as an application load balancer does. */
export class ReverseProxy {
  readonly #view: LoadBalancerView;
  readonly #connections: TargetConnections;
  readonly #clock: Clock;
  readonly #turns = new Map<string, number>();

  constructor(view: LoadBalancerView, connections: TargetConnections, clock: Clock) {
    this.#view = view;
    this.#connections = connections;
    this.#clock = clock;
  }

  handle(listener: Listener, incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { action } = listener;
    if (action.kind === "redirect") {
      const host = (incoming.headers.host ?? "").split(":")[0];
      const location = `${action.protocol.toLowerCase()}://${host}:${action.port}${incoming.url ?? "/"}`;
      outgoing.writeHead(action.statusCode === "HTTP_302" ? 302 : 301, { location }).end();
      return;
    }
    this.#forward({ ...listener, action }, incoming, outgoing);
  }

  #forward(listener: Forward, incoming: IncomingMessage, outgoing: ServerResponse): void {
    const start_ms = performance.now();
    const { loadBalancerArn } = listener;
    const { targetGroupArn } = listener.action;
    const record = (instanceId: string | undefined, status: number) => {
      const latency_ms = performance.now() - start_ms;
      this.#view.record({ loadBalancerArn, targetGroupArn, instanceId, status, latency_ms });
    };
    const fail = (status: number) => {
      if (outgoing.headersSent) outgoing.destroy();
      else {
        record(undefined, status);
        answerItself(outgoing, status);
      }
    };
    const target = this.#next(targetGroupArn);
    if (target === undefined) fail(503);
    else this.#exchange(listener, target, incoming, outgoing, { record, fail });
  }

  #exchange(
    listener: Forward,
    target: Target,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    { record, fail }: { record(instanceId: string, status: number): void; fail(status: number): void },
  ): void {
    const upstream = request({
      agent: this.#connections.agent(listener.loadBalancerArn, target),
      method: incoming.method,
      path: incoming.url,
      headers: forwardedHeaders(incoming, listener),
    });
    let timedOut = false;
    const idle_ms = (this.#view.loadBalancer(listener.loadBalancerArn).idleTimeout_s * 1000) / this.#clock.speed;
    upstream.setTimeout(idle_ms, () => {
      timedOut = true;
      upstream.destroy();
    });
    upstream.on("response", (answer) => {
      const status = answer.statusCode ?? 502;
      outgoing.writeHead(status, endToEnd(answer.rawHeaders));
      answer.on("error", () => outgoing.destroy());
      answer.on("end", () => record(target.instanceId, status));
      answer.pipe(outgoing);
    });
    upstream.on("error", () => fail(timedOut ? 504 : 502));
    outgoing.on("close", () => {
      if (!outgoing.writableFinished) upstream.destroy();
    });
    incoming.pipe(upstream);
  }

  #next(targetGroupArn: string): Target | undefined {
    const targets = this.#view.healthyTargets(targetGroupArn);
    const turn = this.#turns.get(targetGroupArn) ?? 0;
    this.#turns.set(targetGroupArn, turn + 1);
    return targets[turn % targets.length];
  }
}

function answerItself(outgoing: ServerResponse, status: number): void {
  const body = `${status} ${REASONS[status] ?? "Error"}\n`;
  outgoing.writeHead(status, { "content-type": "text/plain", server: "awselb/2.0" }).end(body);
}

function forwardedHeaders(incoming: IncomingMessage, listener: Listener): string[] {
  const headers = endToEnd(incoming.rawHeaders).filter(
    (_, index, all) => !/^x-forwarded-(for|proto|port)$/i.test(all[index - (index % 2)] ?? ""),
  );
  const earlier = incoming.headers["x-forwarded-for"];
  const client = incoming.socket.remoteAddress ?? "";
  headers.push("X-Forwarded-For", earlier === undefined ? client : `${earlier}, ${client}`);
  headers.push("X-Forwarded-Proto", listener.protocol.toLowerCase(), "X-Forwarded-Port", String(listener.port));
  // A body of unknown length stays chunked on the next hop.
  if (incoming.headers["transfer-encoding"] !== undefined) headers.push("Transfer-Encoding", "chunked");
  return headers;
}

/** Raw headers (name, value, name, value, ...) without those of this hop. */
function endToEnd(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? "";
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, raw[index + 1] ?? "");
  }
  return kept;
}
