import { connect as connectSocket, isIP, type Socket } from "node:net";
import type { Bus } from "@cloudy/twin-model/bus.ts";
import type { Cancel, Clock } from "@cloudy/twin-model/clock.ts";
import type { NetworkInterface, NetworkView } from "@cloudy/twin-model/network.ts";
import { CONNECT_TIMEOUT_MS, ENDPOINT_HOST, S3_ENDPOINT_HOST } from "./constants.ts";
import type { Loopback } from "./loopback.ts";
import { type Origin, resolveDestination, type Verdict } from "./resolve.ts";

interface FabricSettings {
  readonly loopback: Loopback;
  readonly clock: Clock;
  readonly bus: Bus;
  /** EC2's view of the network; asked anew for each connection. */
  readonly view: NetworkView;
  /** Port of the AWS endpoint on 127.0.0.1. */
  readonly endpointPort: number;
}

interface Connection {
  readonly origin: Origin;
  readonly host: string;
  readonly port: number;
  readonly route: string;
  readonly socket: Socket;
}

/** A connection that could not be made, with the code that the client's connect would fail with. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
  readonly code: "EAI_AGAIN" | "ECONNREFUSED" | "EHOSTUNREACH" | "ETIMEDOUT";
  constructor(code: ConnectError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** Carries TCP between the instances, functions and load balancers of one twin, where the VPC's rules let it through. */
export class Fabric {
  readonly #settings: FabricSettings;
  /** Loopback addresses of the machines whose operating system is up. */
  readonly #machines = new Map<string, string>();
  readonly #connections = new Set<Connection>();
  readonly #waiting = new Set<() => void>();
  readonly #told = new Map<string, string>();
  /** Machines that have no name server, and until when. */
  readonly #namelessUntil_ms = new Map<string, number>();
  readonly #unsubscribe: Cancel;
  #isRecheckDue = false;

  constructor(settings: FabricSettings) {
    this.#settings = settings;
    this.#unsubscribe = settings.bus.on((event) => {
      if (event.kind === "network-changed" || event.kind === "instance-state") this.#changed();
    });
  }

  /** The loopback address of the twin itself, where processes redeem their tickets. */
  get gateway(): string {
    return this.#settings.loopback.gateway;
  }

  /** The loopback address that stands for the private address of an instance. */
  back(instanceId: string, privateIp: string): string {
    const own = this.#settings.view
      .interfaces()
      .find((item) => item.attachment?.instanceId === instanceId && item.privateIp === privateIp);
    if (own === undefined) throw new Error(`${instanceId} has no interface with the address ${privateIp}.`);
    return this.#backOf(own);
  }

  /** What the AWS SDK of instances and functions is told; see constants.ts. */
  awsEnvironment(): Readonly<Record<string, string>> {
    const port = this.#settings.endpointPort;
    return {
      AWS_ENDPOINT_URL: `http://${ENDPOINT_HOST}:${port}`,
      AWS_ENDPOINT_URL_S3: `http://${S3_ENDPOINT_HOST}:${port}`,
    };
  }

  /** The machine answers from now on (or refuses, where nobody listens). */
  bringUp(instanceId: string, privateIp: string): void {
    this.#machines.set(instanceId, this.back(instanceId, privateIp));
    this.#changed();
  }

  /** The machine is silent from now on; its tracked connections are reset. */
  bringDown(instanceId: string): void {
    this.#machines.delete(instanceId);
    this.#changed();
  }

  /** No name server answers this machine for so long (cloud time). */
  withoutNames(instanceId: string, time_ms: number): void {
    this.#namelessUntil_ms.set(instanceId, this.#settings.clock.now() + time_ms);
  }

  resolve(origin: Origin, host: string, port: number, tracked = false): Verdict {
    const verdict = resolveDestination(this.#settings.view, origin, host, port, { tracked });
    if (verdict.kind !== "delivered" || verdict.to.kind !== "interface") return verdict;
    const { instanceId } = verdict.to;
    if (instanceId === undefined || this.#machines.has(instanceId)) return verdict;
    return { kind: "dropped", reason: `${instanceId} is not up: nobody answers at ${host}:${port}` };
  }

  /**
   * Resolves with a verdict that is not "dropped". A dropped packet is sent again until something changes, as TCP does;
   * rejects with ETIMEDOUT after as long as Linux tries, and with EAI_AGAIN for a name that nobody resolves.
   */
  async reach(
    origin: Origin,
    host: string,
    port: number,
    signal?: AbortSignal,
  ): Promise<Exclude<Verdict, { kind: "dropped" }>> {
    const start_ms = this.#settings.clock.now();
    if (isIP(host) === 0 && start_ms < (this.#namelessUntil_ms.get(origin.name) ?? 0)) {
      const reason = `no name server answers, so nobody knows the address of ${host}`;
      this.#tell(origin, host, port, reason);
      throw new ConnectError("EAI_AGAIN", reason);
    }
    const deadline_ms = start_ms + CONNECT_TIMEOUT_MS;
    for (;;) {
      const verdict = this.resolve(origin, host, port);
      if (verdict.kind !== "dropped") {
        this.#told.delete(`${origin.name} ${host}:${port}`);
        return verdict;
      }
      this.#tell(origin, host, port, verdict.reason);
      await this.#change(deadline_ms, signal);
      if (signal?.aborted) throw new ConnectError("ETIMEDOUT", `given up: ${verdict.reason}`);
      if (this.#settings.clock.now() >= deadline_ms) throw new ConnectError("ETIMEDOUT", verdict.reason);
    }
  }

  /** Opens a connection by the VPC's rules. It is reset when its way is lost or leads elsewhere. */
  async connect(origin: Origin, host: string, port: number, signal?: AbortSignal): Promise<Socket> {
    const verdict = await this.reach(origin, host, port, signal);
    if (verdict.kind !== "delivered") {
      const reason =
        verdict.kind === "refused" ? verdict.reason : `${host} is only there for the instance's own processes`;
      this.#tell(origin, host, port, reason);
      throw new ConnectError("ECONNREFUSED", reason);
    }
    const socket = await this.#open(origin, verdict, host, port, signal);
    const connection = { origin, host, port, route: routeOf(verdict), socket };
    this.#connections.add(connection);
    socket.once("close", () => this.#connections.delete(connection));
    return socket;
  }

  close(): void {
    this.#unsubscribe();
    for (const { socket } of this.#connections) socket.destroy();
  }

  #open(
    origin: Origin,
    verdict: Verdict & { kind: "delivered" },
    host: string,
    port: number,
    signal: AbortSignal | undefined,
  ): Promise<Socket> {
    const target =
      verdict.to.kind === "interface"
        ? { host: this.#machines.get(verdict.to.instanceId ?? ""), port, localAddress: this.#sourceOf(origin) }
        : { host: "127.0.0.1", port: this.#settings.endpointPort, localAddress: undefined };
    if (target.host === undefined) {
      throw new ConnectError("ECONNREFUSED", `nothing in the twin answers TCP at ${host}:${port}`);
    }
    return new Promise((resolve, reject) => {
      const socket = connectSocket({
        host: target.host,
        port: target.port,
        allowHalfOpen: true,
        noDelay: true,
        ...(target.localAddress === undefined ? {} : { localAddress: target.localAddress }),
      });
      const fail = (error: NodeJS.ErrnoException) =>
        reject(new ConnectError("ECONNREFUSED", `${origin.name} -> ${host}:${port}: ${error.code ?? error.message}`));
      // Only the attempt can be given up by the signal; what is open belongs to its user.
      const giveUp = () => socket.destroy(new ConnectError("ETIMEDOUT", "given up"));
      signal?.addEventListener("abort", giveUp, { once: true });
      if (signal?.aborted) giveUp();
      socket.once("error", fail);
      socket.once("close", () => signal?.removeEventListener("abort", giveUp));
      socket.once("connect", () => {
        signal?.removeEventListener("abort", giveUp);
        socket.off("error", fail);
        // A reset shows as "close" to whoever uses the socket; without a listener it would end the twin.
        socket.on("error", () => {});
        resolve(socket);
      });
    });
  }

  #sourceOf(origin: Origin): string | undefined {
    const source = this.#settings.view.interfaces().find((candidate) => candidate.id === origin.interfaceId);
    return source && this.#backOf(source);
  }

  #backOf({ subnetId, privateIp }: NetworkInterface): string {
    const { loopback, view } = this.#settings;
    return loopback.back(view.vpcOf(subnetId) ?? "", privateIp);
  }

  /** Several changes of one turn are looked at together. */
  #changed(): void {
    if (this.#isRecheckDue) return;
    this.#isRecheckDue = true;
    setImmediate(() => {
      this.#isRecheckDue = false;
      for (const connection of this.#connections) this.#recheck(connection);
      for (const wake of [...this.#waiting]) wake();
    });
  }

  #recheck({ origin, host, port, route, socket }: Connection): void {
    const verdict = this.resolve(origin, host, port, true);
    if (verdict.kind === "delivered" && routeOf(verdict) === route) return;
    const reason = verdict.kind === "delivered" ? `now goes by ${routeOf(verdict)}` : "is cut";
    this.#settings.bus.emit({
      kind: "trace",
      source: origin.name,
      sentence: `connection to ${host}:${port} by ${route} is reset: the way ${reason}${"reason" in verdict ? ` (${verdict.reason})` : ""}`,
    });
    socket.resetAndDestroy();
  }

  #change(deadline_ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#waiting.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const cancel = this.#settings.clock.after(Math.max(0, deadline_ms - this.#settings.clock.now()), wake);
      this.#waiting.add(wake);
      signal?.addEventListener("abort", wake, { once: true });
      if (signal?.aborted) wake();
    });
  }

  /** Says why a connection is not made, once until the reason changes or it works. */
  #tell(origin: Origin, host: string, port: number, reason: string): void {
    const key = `${origin.name} ${host}:${port}`;
    if (this.#told.get(key) === reason) return;
    this.#told.set(key, reason);
    const sentence = `connection to ${host}:${port} is not answered: ${reason}`;
    this.#settings.bus.emit({ kind: "trace", source: origin.name, sentence });
  }
}

/** What must stay the same for a connection to live on: its end, and for the internet also its way (NAT keeps state). */
function routeOf(verdict: Verdict & { kind: "delivered" }): string {
  if (verdict.to.kind === "interface") return verdict.to.instanceId ?? verdict.to.interfaceId;
  return verdict.via.join(", ");
}
