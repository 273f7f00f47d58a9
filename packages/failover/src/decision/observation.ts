import type { ProbeReport } from "@cloudy/contracts/probe-answer.ts";

/** What one round sees, as plain data: the input of decide(). */

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
