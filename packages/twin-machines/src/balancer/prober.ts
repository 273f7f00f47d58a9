import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { HealthProber, LoadBalancerView } from "@cloudy/twin-model/load-balancer.ts";
import type { Fabric } from "../network/fabric.ts";
import { CHECK_TIMEOUT_MS_MIN } from "./constants.ts";
import { checkHealth } from "./health-check.ts";
import { Nodes } from "./nodes.ts";

interface ProberSettings {
  readonly fabric: Fabric;
  readonly clock: Clock;
  readonly view: Pick<LoadBalancerView, "loadBalancer">;
}

/** Sends health checks in cloud time, from the same nodes as traffic. */
export function healthProber({ fabric, clock, view }: ProberSettings): HealthProber {
  const nodes = new Nodes(view);
  return {
    check(loadBalancerArn, target, check) {
      const timeout_ms = Math.max(CHECK_TIMEOUT_MS_MIN, check.timeout_ms / clock.speed);
      return checkHealth(fabric, nodes.next(loadBalancerArn), target, check, timeout_ms);
    },
  };
}
