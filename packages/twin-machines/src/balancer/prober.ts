import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { HealthProber } from "@cloudy/twin-model/load-balancer.ts";
import type { Fabric } from "../network/fabric.ts";
import { CHECK_TIMEOUT_MS_MIN } from "./constants.ts";
import { checkHealth } from "./health-check.ts";
import type { Nodes } from "./nodes.ts";

interface ProberSettings {
  readonly fabric: Fabric;
  readonly clock: Clock;
  readonly nodes: Nodes;
}

/** Sends health checks in cloud time, from the same nodes as traffic. */
export function healthProber({ fabric, clock, nodes }: ProberSettings): HealthProber {
  return {
    check(loadBalancerArn, target, check) {
      const timeout_ms = Math.max(CHECK_TIMEOUT_MS_MIN, check.timeout_ms / clock.speed);
      return checkHealth(fabric, nodes.next(loadBalancerArn), target, check, timeout_ms);
    },
  };
}
