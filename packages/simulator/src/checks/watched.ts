import type { Ec2 } from "../cloud/ec2.ts";
import type { Network } from "../cloud/network.ts";
import type { Routes } from "../cloud/routes.ts";
import type { Stage } from "../engine/stage.ts";
import type { FaultRecord } from "../plan/fault-record.ts";

/** What the checks and the clients see of a history. */
export interface Watched {
  readonly stage: Stage;
  readonly ec2: Ec2;
  readonly network: Network;
  readonly routes: Routes;
  readonly faults: FaultRecord;
}
