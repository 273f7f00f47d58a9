import { once } from "node:events";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { json } from "node:stream/consumers";
import { TLSSocket } from "node:tls";
import type { AgentStatus } from "@cloudy/contracts/agent-status.ts";
import type { Certificate } from "./certificate.ts";

/** First bytes of PostgreSQL's answers to a startup message: SASL is asked for, and error 57P03. */
const ASKS_FOR_PASSWORD = Buffer.from("R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0", "latin1");
const STARTING_FIELDS = "SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0";
const STARTING = Buffer.concat([
  Buffer.from("E\0\0\0", "latin1"),
  Buffer.from([STARTING_FIELDS.length + 4]),
  Buffer.from(STARTING_FIELDS, "latin1"),
]);

/** What listens on a database instance, on an address of its own: the agent's status port and PostgreSQL's. */
export class DatabaseHost {
  readonly ip: string;
  readonly ports: { status: number; postgres: number };
  status: AgentStatus;
  postgres: "accepting" | "starting" | "refusing" = "refusing";
  /** With it PostgreSQL takes sessions over TLS only. */
  certificate: Certificate | undefined;
  /** The agent's status is answered only after this. */
  silence: Promise<void> | undefined;
  onPeer: () => void = () => undefined;
  /** Addresses that this host's agent does not reach. */
  readonly blindTo = new Set<string>();
  readonly grants: unknown[] = [];
  onGrant: () => void = () => undefined;
  readonly orders: unknown[] = [];
  /** What the agent answers to an order; `undefined`: it dies over it. */
  onOrder: () => { readonly code: number; readonly because: string } | undefined = () => ({
    code: 409,
    because: "of no use",
  });
  #agent: HttpServer | undefined;
  #server: Server | undefined;

  constructor(ip: string, ports: { status: number; postgres: number }, status: AgentStatus) {
    this.ip = ip;
    this.ports = ports;
    this.status = status;
  }

  async up(): Promise<this> {
    this.#agent = createHttpServer(async (request, response) => {
      const url = new URL(request.url ?? "", "http://host");
      let body: unknown = this.status;
      if (url.pathname === "/status") await this.silence;
      if (url.pathname === "/peer") {
        this.onPeer();
        // Only ever asked about i-a in these tests.
        const reached = !this.blindTo.has(url.searchParams.get("host") ?? "");
        body = reached ? { reached, status: { ...this.status, instanceId: "i-a" } } : { reached, because: "timeout" };
      }
      if (url.pathname === "/grant") {
        this.grants.push(await json(request));
        this.onGrant();
        response.statusCode = 202;
        body = { accepted: true, because: "epoch may be made" };
      }
      if (url.pathname === "/order") {
        this.orders.push(await json(request));
        const answer = this.onOrder();
        if (answer === undefined) {
          request.socket.destroy();
          return;
        }
        response.statusCode = answer.code;
        body = { accepted: answer.code === 202, because: answer.because };
      }
      response.end(JSON.stringify(body));
    });
    this.#server = createServer((socket) => {
      socket.on("error", () => undefined);
      if (this.postgres === "refusing") socket.destroy();
      else socket.once("data", () => this.#startSession(socket));
    });
    this.#agent.listen(this.ports.status, this.ip);
    await once(this.#agent, "listening");
    this.ports.status = (this.#agent.address() as AddressInfo).port;
    this.#server.listen(this.ports.postgres, this.ip);
    await once(this.#server, "listening");
    this.ports.postgres = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** The first message is an SSLRequest, the next the startup message: encrypted if the request was granted. */
  #startSession(socket: Socket): void {
    const answer = this.postgres === "starting" ? STARTING : ASKS_FOR_PASSWORD;
    if (this.certificate === undefined) {
      socket.once("data", () => socket.write(answer));
      socket.write("N");
      return;
    }
    const encrypted = new TLSSocket(socket, { isServer: true, ...this.certificate });
    encrypted.on("error", () => undefined);
    encrypted.once("data", () => encrypted.write(answer));
    socket.write("S");
  }

  /** The machine is gone: its ports answer no more. */
  async down(): Promise<void> {
    const servers = [this.#agent, this.#server];
    this.#agent?.closeAllConnections();
    this.#agent = undefined;
    this.#server = undefined;
    for (const server of servers) {
      if (server === undefined) continue;
      server.close();
      await once(server, "close");
    }
  }
}
