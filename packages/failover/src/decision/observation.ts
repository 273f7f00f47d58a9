/** What one round sees, as plain data: the input of decide(). */

/** What a database agent says of itself (`GET /status`, docs/contracts.md). */
export interface AgentStatus {
  readonly instanceId: string;
  readonly role: "starting" | "standby" | "primary" | "stopping";
  readonly epoch: { readonly number: number; readonly holder: string; readonly released: boolean } | null;
  readonly fileSystem: "unknown" | "ok" | "unreachable";
  readonly ready: boolean;
  readonly notReady: readonly string[];
  /** For operators only; no decision looks at it. */
  readonly restore?: RestoreStatus;
}

export interface RestoreStatus {
  /** The restore under way: its backup. */
  readonly running: string | null;
  readonly failure: string | null;
}

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

export type InstanceState = "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";

export interface InstanceView {
  readonly instanceId: string;
  readonly privateIp: string | undefined;
  /** `gone`: EC2 does not know the id any more (it forgets terminated instances after about an hour). */
  readonly state: InstanceState | "gone";
  readonly status: "ok" | "impaired" | "initializing" | "unknown";
  readonly sourceDestCheck: boolean;
  /** How many rounds in a row, this one included, EC2 did not know the id. */
  readonly goneRounds?: number;
}

export interface RouteTableView {
  readonly id: string;
  /** The route to the virtual IP, if there is one. */
  readonly route: { readonly instanceId: string | undefined; readonly state: "active" | "blackhole" } | undefined;
}

export interface Observation {
  readonly instances: readonly InstanceView[];
  readonly routeTables: readonly RouteTableView[];
  /** Epochs whose holder was fenced within the last hour, as written down on the route tables. */
  readonly recentFences: readonly number[];
  /** `undefined`: the probe function could not be asked; the round is blind. */
  readonly probe: ProbeReport | undefined;
}
