import net from "node:net";
import os from "node:os";
import { LOCAL_HOSTS } from "./listen.ts";

interface ConnectSettings {
  /** The unix socket where the twin's network answers. */
  readonly fabricPath: string;
  /** Private address and the loopback address that stands for it. */
  readonly own: { readonly address: string; readonly back: string } | undefined;
  readonly isTimeScaled: boolean;
}

interface ConnectOptions {
  readonly host?: string;
  readonly port?: number | string;
  readonly path?: string | null;
  readonly [name: string]: unknown;
}

/** The instance's own metadata service: asking it is no journey. */
const METADATA_IP = "169.254.169.254";
/**
 * The SDK gives it a second, of which a scaled process that is stopped for its CPU share may have nothing left: its patience
 * is stretched to about what it has in wall time.
 */
const METADATA_PATIENCE = 16;

/** Node's own number for a name server that does not answer; it is no system call's. */
const EAI_AGAIN = -3001;

type ErrorCode = "EAI_AGAIN" | "ECONNREFUSED" | "EHOSTUNREACH" | "ENETUNREACH" | "ETIMEDOUT";
type Answer = { readonly address: string; readonly port: number } | { readonly error: ErrorCode };
interface Endpoint {
  readonly address?: string;
  readonly port?: number;
  readonly family?: string;
}
type Prototype = net.Socket & { _getpeername(): Endpoint; _getsockname(): Endpoint };

/** Where a socket believes to be connected to. */
const peers = new WeakMap<net.Socket, Endpoint>();

/** Every TCP connection first asks the twin's network for its way; unix sockets are left alone. */
export function installConnect(settings: ConnectSettings): void {
  const prototype: net.Socket = net.Socket.prototype;
  const original = prototype.connect as (this: net.Socket, options: ConnectOptions) => net.Socket;

  function connect(this: net.Socket, ...args: readonly unknown[]): net.Socket {
    const [options, onConnect] = normalize(args);
    if (typeof options.path === "string") return Reflect.apply(original, this, args);
    if (onConnect !== undefined) this.once("connect", onConnect);
    const host = options.host ?? "localhost";
    const port = Number(options.port);
    peers.set(this, { address: host, port, family: "IPv4" });
    if (settings.isTimeScaled && host === METADATA_IP && this.timeout)
      this.setTimeout(this.timeout * METADATA_PATIENCE);
    if (settings.own !== undefined && (LOCAL_HOSTS.has(host) || host === settings.own.address)) {
      return original.call(this, { ...options, ...direct(settings.own.back, port) });
    }
    // As during a DNS lookup: writes and reads wait for "connect", destroy() ends the attempt.
    Object.assign(this, { connecting: true });
    const ask = net.connect(settings.fabricPath);
    const abort = () => ask.destroy();
    this.once("close", abort);
    readAnswer(ask, { host, port, isTimeScaled: settings.isTimeScaled }, (answer) => {
      this.removeListener("close", abort);
      if (this.destroyed) return;
      if ("error" in answer) this.destroy(connectError(answer.error, host, port));
      else original.call(this, { ...options, ...direct(answer.address, answer.port) });
    });
    return this;
  }
  Object.assign(prototype, { connect });
  installNames(prototype as Prototype, settings.own);
}

function normalize(args: readonly unknown[]): readonly [ConnectOptions, (() => void) | undefined] {
  const first = args[0];
  // net.connect() and tls.connect() hand over their arguments as one normalized array.
  if (Array.isArray(first)) return [first[0], typeof first[1] === "function" ? first[1] : undefined];
  const callback = args.findLast((arg) => typeof arg === "function") as (() => void) | undefined;
  if (typeof first === "object" && first !== null) return [first as ConnectOptions, callback];
  if (typeof first === "string" && !/^\d+$/.test(first)) return [{ path: first }, callback];
  return [{ port: Number(first), ...(typeof args[1] === "string" ? { host: args[1] } : {}) }, callback];
}

function direct(host: string, port: number): ConnectOptions {
  return { host, port, family: 4, localAddress: undefined, localPort: undefined, lookup: undefined };
}

function readAnswer(ask: net.Socket, question: object, done: (answer: Answer) => void): void {
  let text = "";
  let isAnswered = false;
  const answer = (value: Answer) => {
    if (isAnswered) return;
    isAnswered = true;
    ask.destroy();
    done(value);
  };
  ask.setEncoding("utf8");
  ask.on("data", (chunk: string) => {
    text += chunk;
    if (text.endsWith("\n")) answer(JSON.parse(text) as Answer);
  });
  // The twin closes the network of a machine that is switched off.
  ask.on("error", () => answer({ error: "ENETUNREACH" }));
  ask.on("end", () => answer({ error: "ENETUNREACH" }));
  ask.write(`${JSON.stringify(question)}\n`);
}

function connectError(code: ErrorCode, address: string, port: number): Error {
  if (code === "EAI_AGAIN") {
    const fields = { errno: EAI_AGAIN, code, syscall: "getaddrinfo", hostname: address };
    return Object.assign(new Error(`getaddrinfo EAI_AGAIN ${address}`), fields);
  }
  const fields = { errno: -os.constants.errno[code], code, syscall: "connect", address, port };
  return Object.assign(new Error(`connect ${code} ${address}:${port}`), fields);
}

/** Shows private addresses instead of the loopback addresses that stand for them. */
function installNames(prototype: Prototype, own: ConnectSettings["own"]): void {
  const getPeer = prototype._getpeername;
  const getOwn = prototype._getsockname;
  prototype._getpeername = function () {
    const actual = getPeer.call(this);
    return actual.address === undefined ? actual : (peers.get(this) ?? asPrivate(actual, own));
  };
  prototype._getsockname = function () {
    return asPrivate(getOwn.call(this), own);
  };
}

function asPrivate(endpoint: Endpoint, own: ConnectSettings["own"]): Endpoint {
  if (own === undefined || endpoint.address === undefined) return endpoint;
  const network = firstTwo(own.back);
  if (!endpoint.address.startsWith(`${network}.`)) return endpoint;
  return { ...endpoint, address: firstTwo(own.address) + endpoint.address.slice(network.length) };
}

function firstTwo(address: string): string {
  return address.split(".").slice(0, 2).join(".");
}
