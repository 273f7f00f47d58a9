import type { Grant, Order } from "@cloudy/contracts/signed-messages.ts";
import type { ProbeReport } from "./decision/observation.ts";

interface Signed {
  readonly mac: string;
  readonly targetIp: string;
}

/** The event of the probe function, sent by the failover function. */
export interface ProbeEvent {
  readonly candidates: readonly { readonly instanceId: string; readonly privateIp: string }[];
  /** Also deliver this grant to the agent at `targetIp`. */
  readonly grant?: Grant & Signed;
  /** Also deliver this order to the agent at `targetIp`. */
  readonly order?: Order & Signed;
}

/** An agent's answer: 202 accepted, 409 of no use now, 403 wrong MAC, 503 key not loaded; 0 when it was not reached. */
export interface Delivery {
  readonly code: number;
  readonly because: string;
}

export interface ProbeAnswer extends ProbeReport {
  readonly grant?: Delivery;
  readonly order?: Delivery;
}
