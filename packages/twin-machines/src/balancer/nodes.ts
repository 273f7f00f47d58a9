import type { LoadBalancerView } from "@cloudy/twin-model/load-balancer.ts";
import type { Origin } from "../network/resolve.ts";

/** Where connections of a load balancer leave from, be they traffic or health checks: its nodes in turn, one a subnet. */
export class Nodes {
  readonly #view: Pick<LoadBalancerView, "loadBalancer">;
  readonly #turns = new Map<string, number>();

  constructor(view: Pick<LoadBalancerView, "loadBalancer">) {
    this.#view = view;
  }

  next(loadBalancerArn: string): Origin {
    const { interfaceIds } = this.#view.loadBalancer(loadBalancerArn);
    const turn = this.#turns.get(loadBalancerArn) ?? 0;
    this.#turns.set(loadBalancerArn, turn + 1);
    const name = loadBalancerArn.split("/").slice(-2, -1)[0] ?? loadBalancerArn;
    return { name, interfaceId: interfaceIds[turn % interfaceIds.length] ?? "" };
  }
}
