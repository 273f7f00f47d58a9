import { Agent, type AgentOptions } from "node:http";
import type { Duplex } from "node:stream";
import type { LoadBalancerView, Target } from "../cloud/contract.ts";
import type { Fabric } from "../network/fabric.ts";

/** Keep-alive connections from a load balancer's nodes to each target, opened through the network's rules. */
export class TargetConnections {
  readonly #fabric: Fabric;
  readonly #view: LoadBalancerView;
  readonly #agents = new Map<string, Agent>();
  #turn = 0;

  constructor(fabric: Fabric, view: LoadBalancerView) {
    this.#fabric = fabric;
    this.#view = view;
  }

  agent(loadBalancerArn: string, target: Target): Agent {
    const key = `${loadBalancerArn} ${target.ip}:${target.port}`;
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      agent = this.#newAgent(loadBalancerArn, target);
      this.#agents.set(key, agent);
    }
    return agent;
  }

  /** Opens one connection; the nodes take turns. Rejects when the rules or the target refuse it. */
  open(loadBalancerArn: string, target: Target, signal?: AbortSignal): Promise<Duplex> {
    const { interfaceIds } = this.#view.loadBalancer(loadBalancerArn);
    const interfaceId = interfaceIds[this.#turn++ % interfaceIds.length];
    const name = loadBalancerArn.split("/").at(-2) ?? loadBalancerArn;
    return this.#fabric.connect({ name, interfaceId }, target.ip, target.port, signal);
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }

  #newAgent(loadBalancerArn: string, target: Target): Agent {
    const options: AgentOptions = { keepAlive: true, maxFreeSockets: 64 };
    const agent = new Agent(options);
    // Asynchronous creation is documented: return nothing and call back.
    agent.createConnection = (_options, callback) => {
      this.open(loadBalancerArn, target).then(
        (socket) => callback?.(null, socket),
        (error: Error) => callback?.(error, undefined as never),
      );
      return undefined;
    };
    return agent;
  }
}
