import {
  createServer,
  type IncomingMessage,
  request as openRequest,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Listener, LoadBalancerView, Target } from "@cloudy/twin-model/load-balancer.ts";
import type { Fabric } from "../network/fabric.ts";
import { keepClients } from "./client-connection.ts";
import { FORWARDED_FOR_MAX } from "./constants.ts";
import { answerByItself, carry } from "./exchange.ts";
import { requestHeaders } from "./headers.ts";
import { listenNear } from "./listener-port.ts";
import type { Nodes } from "./nodes.ts";
import { TargetAgent } from "./target-agent.ts";

interface DataPlaneSettings {
  readonly fabric: Fabric;
  readonly nodes: Nodes;
  readonly view: LoadBalancerView;
}

/**
 * The load balancers' nodes: HTTP listeners on 127.0.0.1 that forward to healthy targets in turn. Traffic runs in wall
 * time, as clients and the API do.
 */
export class DataPlane {
  readonly #settings: DataPlaneSettings;
  readonly #servers = new Map<string, Server>();
  readonly #agents = new Map<string, TargetAgent>();
  readonly #turns = new Map<string, number>();

  constructor(settings: DataPlaneSettings) {
    this.#settings = settings;
  }

  /** Opens a port for each listener; resolves with its URL by listener ARN. */
  async start(): Promise<ReadonlyMap<string, string>> {
    const urls = new Map<string, string>();
    for (const listener of this.#settings.view.listeners()) {
      if (listener.protocol !== "HTTP") {
        throw new Error(
          `Listener ${listener.arn} speaks ${listener.protocol}; the twin's load balancer has HTTP only.`,
        );
      }
      const server = createServer((request, response) => this.#handle(listener, request, response));
      const idleTimeout_ms = this.#settings.view.loadBalancer(listener.loadBalancerArn).idleTimeout_s * 1000;
      server.keepAliveTimeout = idleTimeout_ms;
      server.timeout = idleTimeout_ms;
      server.requestTimeout = 0;
      server.headersTimeout = 0;
      keepClients(server);
      const port = await listenNear(server, listener.port);
      this.#servers.set(listener.arn, server);
      urls.set(listener.arn, `http://127.0.0.1:${port}`);
    }
    return urls;
  }

  async stop(): Promise<void> {
    const closing = [...this.#servers.values()].map((server) => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      return closed;
    });
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
    await Promise.all(closing);
  }

  #handle(listener: Listener, request: IncomingMessage, response: ServerResponse): void {
    const { action } = listener;
    if (action.kind === "redirect") {
      response.writeHead(Number(action.statusCode.replace("HTTP_", "")), { location: redirectTarget(action, request) });
      response.end();
      return;
    }
    this.#forward(listener, action.targetGroupArn, request, response);
  }

  #forward(listener: Listener, targetGroupArn: string, request: IncomingMessage, response: ServerResponse): void {
    const { loadBalancerArn } = listener;
    const started_ms = performance.now();
    const view = this.#settings.view;
    const record = (status: number, instanceId?: string) =>
      view.record({ loadBalancerArn, targetGroupArn, instanceId, status, latency_ms: performance.now() - started_ms });
    const refuse = (status: number) => {
      answerByItself(request, response, status);
      record(status);
    };
    if (forwardedFor(request) > FORWARDED_FOR_MAX) {
      refuse(463);
      return;
    }
    const target = this.#nextTarget(targetGroupArn);
    if (target === undefined) {
      refuse(503);
      return;
    }

    const { port = listener.port } = (request.socket.address() as Partial<AddressInfo>) ?? {};
    const upstream = openRequest({
      agent: this.#agent(loadBalancerArn, target),
      method: request.method,
      path: request.url,
      headers: requestHeaders(request, listener.protocol, port),
      timeout: view.loadBalancer(loadBalancerArn).idleTimeout_s * 1000,
    });
    carry({ request, response, upstream }, ({ by, status }) =>
      record(status, by === "target" ? target.instanceId : undefined),
    );
  }

  #nextTarget(targetGroupArn: string): Target | undefined {
    const targets = this.#settings.view.healthyTargets(targetGroupArn);
    const turn = this.#turns.get(targetGroupArn) ?? 0;
    this.#turns.set(targetGroupArn, turn + 1);
    return targets[turn % targets.length];
  }

  #agent(loadBalancerArn: string, target: Target): TargetAgent {
    const key = `${loadBalancerArn} ${target.instanceId}:${target.port}`;
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      const { fabric, nodes } = this.#settings;
      const origin = () => nodes.next(loadBalancerArn);
      agent = new TargetAgent(fabric, origin, target, { keepAlive: true });
      this.#agents.set(key, agent);
    }
    return agent;
  }
}

/** Addresses that the client names itself. */
function forwardedFor({ headers }: IncomingMessage): number {
  const named = headers["x-forwarded-for"];
  return named === undefined ? 0 : String(named).split(",").length;
}

function redirectTarget(action: Extract<Listener["action"], { kind: "redirect" }>, request: IncomingMessage): string {
  const host = (request.headers.host ?? "127.0.0.1").replace(/:\d+$/, "");
  const isDefaultPort = action.port === (action.protocol === "HTTPS" ? "443" : "80");
  return `${action.protocol.toLowerCase()}://${host}${isDefaultPort ? "" : `:${action.port}`}${request.url ?? "/"}`;
}
