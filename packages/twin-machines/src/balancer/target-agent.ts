import { Agent, type AgentOptions } from "node:http";
import type { Duplex } from "node:stream";
import type { Target } from "@cloudy/twin-model/load-balancer.ts";
import type { Fabric } from "../network/fabric.ts";
import type { Origin } from "../network/resolve.ts";
import { TARGET_CONNECT_TIMEOUT_MS } from "./constants.ts";

type Connected = (error: Error | null, socket: Duplex) => void;

/** Keep-alive connections from one load balancer to one target; each new one is made by the VPC's rules. */
export class TargetAgent extends Agent {
  readonly #fabric: Fabric;
  readonly #origin: () => Origin;
  readonly #target: Target;

  constructor(fabric: Fabric, origin: () => Origin, target: Target, options: AgentOptions) {
    super(options);
    this.#fabric = fabric;
    this.#origin = origin;
    this.#target = target;
  }

  override createConnection(_options: unknown, connected?: Connected): Duplex | null | undefined {
    connectTarget(this.#fabric, this.#origin(), this.#target, TARGET_CONNECT_TIMEOUT_MS).then(
      (socket) => connected?.(null, socket),
      // Node's callback takes the socket last and ignores it beside an error.
      (error: Error) => (connected as ((error: Error) => void) | undefined)?.(error),
    );
    return undefined;
  }
}

/** A connection for HTTP: the target's end of the stream ends ours. Gives up after `timeout_ms` of wall time. */
export async function connectTarget(
  fabric: Fabric,
  origin: Origin,
  target: Target,
  timeout_ms: number,
): Promise<Duplex> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), timeout_ms);
  try {
    const socket = await fabric.connect(origin, target.ip, target.port, limit.signal);
    socket.allowHalfOpen = false;
    return socket;
  } finally {
    clearTimeout(timer);
  }
}
