import type { AgentStatus } from "./agent-status.ts";
import type { Grant, Order } from "./signed-messages.ts";

/** `starting`: it answers, but does not take sessions yet (recovery, shutdown). */
export type PostgresAnswer = "accepting" | "starting" | "unreachable";

/** What the probe function found out about one candidate. */
export interface ProbeResult {
  readonly instanceId: string;
  /** `undefined`: the agent was not reached. */
  readonly agent: AgentStatus | undefined;
  readonly postgres: PostgresAnswer;
  /** Why the agent or PostgreSQL did not answer. */
  readonly because?: string;
}

/** A standby's word on an instance that the probe did not reach. */
export interface SecondOpinion {
  readonly by: string;
  readonly about: string;
  readonly reached: boolean;
}

export interface ProbeReport {
  readonly results: readonly ProbeResult[];
  readonly opinions: readonly SecondOpinion[];
}

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
