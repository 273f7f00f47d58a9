import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Operations } from "@cloudy/twin-wire/operation.ts";
import type { Alarms } from "../cloudwatch/alarms.ts";
import type { Subnets } from "../ec2/subnets.ts";
import type { AutoScaling } from "./auto-scaling.ts";
import { groupActions } from "./group-actions.ts";
import { groupQueries } from "./group-queries.ts";
import { hookOperations } from "./hook-operations.ts";
import { refreshOperations } from "./refresh-operations.ts";

interface Parts {
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly subnets: Subnets;
}

/** The API of EC2 Auto Scaling. */
export function autoScalingOperations(scaling: AutoScaling, { clock, alarms, subnets }: Parts): Operations {
  const zoneOf = (subnetId: string) => subnets.get(subnetId).availabilityZone;
  return {
    ...groupQueries(scaling, alarms, zoneOf),
    ...groupActions(scaling, clock),
    ...hookOperations(scaling),
    ...refreshOperations(scaling, alarms),
  };
}
