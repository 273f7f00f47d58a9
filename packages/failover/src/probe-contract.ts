import type { Grant } from "./grant.ts";
import type { ProbeReport } from "./observation.ts";

/** The event of the probe function, sent by the failover function. */
export interface ProbeEvent {
  readonly candidates: readonly { readonly instanceId: string; readonly privateIp: string }[];
  /** Also deliver this grant to the agent at `targetIp`. */
  readonly grant?: Grant & { readonly mac: string; readonly targetIp: string };
}

export interface ProbeAnswer extends ProbeReport {
  /** The answer of the grant's target: 202 accepted, 409 of no use now, 403 wrong MAC; 0 when it was not reached. */
  readonly grant?: { readonly code: number; readonly because: string };
}
