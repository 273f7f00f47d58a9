/**
 * The document that the page draws, live and in the report. Times are cloud time in ms since the epoch unless a name
 * says otherwise; rates and latencies are of the wall clock, since requests really take that long.
 */
export interface Run {
  readonly title: string;
  readonly status: "watching" | "running" | "finished";
  /** What is going on right now, or the verdict in one sentence. */
  readonly headline: string;
  readonly speed: number;
  readonly start_ms: number;
  readonly now_ms: number;
  readonly promises: readonly PromiseResult[];
  /** Reasons why no verdict can be drawn from this run (a saturated generator). */
  readonly voided: readonly string[];
  readonly phases: readonly PhaseSpan[];
  readonly load: readonly LoadSample[];
  readonly responses: readonly ResponseShare[];
  readonly system: SystemView;
  /** Command, seed, machine and the like, printed as they are. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

export interface PromiseResult {
  /** Names the promise for programs; `name` is for people. */
  readonly code: string;
  readonly name: string;
  /** `undefined` while it cannot be told yet, and for figures that are information only. */
  readonly held: boolean | undefined;
  readonly measured: string;
  readonly required: string;
  readonly unit: string;
  /** What broke it, one sentence each. */
  readonly details?: readonly string[];
}

export interface PhaseSpan {
  readonly name: string;
  readonly start_ms: number;
  readonly end_ms: number | undefined;
  /** Why the phase ended without what it waited for. */
  readonly failure: string | undefined;
}

/** One second of load as the generator saw it. */
export interface LoadSample {
  readonly t_ms: number;
  /** Answers of `/load` with what was asked for, a second: a refusal is no load that was served. */
  readonly requestsPerSecond: number;
  readonly p50_ms: number | undefined;
  readonly p99_ms: number | undefined;
  /** Failures a second, over all kinds of requests: another status than the right one, or no answer. */
  readonly errorsPerSecond: number;
  readonly writesPerSecond: number;
  readonly failedWritesPerSecond: number;
}

interface ResponseShare {
  readonly hostname: string;
  readonly instanceId: string | undefined;
  readonly responses: number;
}

export interface SystemView {
  readonly web: GroupView | undefined;
  readonly database: GroupView | undefined;
  readonly instances: readonly InstanceView[];
  readonly targets: readonly TargetView[];
  readonly alarms: readonly AlarmView[];
  readonly cpu: CpuView;
  readonly samples: readonly SystemSample[];
  readonly virtualIp: string;
  readonly route: RouteView | undefined;
  /** Who held the database's active role from when on; without an instance: nobody did. */
  readonly roles: readonly RoleChange[];
  /** Instances known to be gone before EC2 says so, because whoever took them away told us. */
  readonly lost: readonly string[];
  readonly decisions: readonly Decision[];
  readonly network: NetworkView | undefined;
  /** Absent until it was read. */
  readonly declared?: DeclaredView;
  /** What could not be read and why, by kind of reading. */
  readonly unreadable: Readonly<Record<string, string>>;
}

export interface GroupView {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  /** Time for an instance to come into service, and pause between two changes, as the group declares them. */
  readonly grace_s?: number;
  readonly cooldown_s?: number;
  readonly members: readonly {
    readonly instanceId: string;
    readonly lifecycle: string;
    readonly health: string;
  }[];
}

export interface InstanceView {
  readonly id: string;
  readonly name: string;
  readonly groupName: string | undefined;
  readonly state: string;
  readonly availabilityZone: string;
  readonly subnetId: string;
  readonly instanceType: string;
  readonly privateIp: string;
  readonly privateDnsName: string;
  readonly launch_ms: number;
}

export interface TargetView {
  readonly instanceId: string;
  readonly state: string;
  readonly reason: string;
}

export interface AlarmView {
  readonly name: string;
  readonly role: "high" | "low";
  readonly state: string;
  readonly threshold: number;
  readonly period_s: number;
  readonly evaluationPeriods: number;
}

export interface Point {
  readonly t_ms: number;
  readonly value: number;
}

export interface CpuView {
  readonly web: readonly Point[];
  readonly instances: Readonly<Record<string, readonly Point[]>>;
}

export interface SystemSample {
  readonly t_ms: number;
  readonly desired: number;
  readonly inService: number;
  readonly healthy: number | undefined;
}

export interface RouteView {
  readonly tableIds: readonly string[];
  readonly instanceId: string | undefined;
  readonly state: string;
}

export interface RoleChange {
  readonly t_ms: number;
  readonly instanceId: string | undefined;
}

/** One thing that was decided or happened, as a sentence. */
export interface Decision {
  readonly id: string;
  readonly t_ms: number;
  readonly source: "alarm" | "scaling" | "failover" | "instance" | "demo";
  readonly sentence: string;
  /** Major ones are drawn on the time axis, all of them are in the log. */
  readonly major: boolean;
}

/** What the stack declares; what could not be read is absent. */
export interface DeclaredView {
  /** How many policies scale the web group. */
  readonly policies?: number;
  /** The alarms that these act on: AWS's own with target tracking. */
  readonly alarmNames?: readonly string[];
  readonly targetPercent?: number;
  /** Time of the health checks that put an instance into service. */
  readonly healthy_s?: number;
  readonly deregistration_s?: number;
}

export interface NetworkView {
  readonly vpcId: string;
  readonly vpcCidr: string;
  readonly loadBalancer: string;
  readonly subnets: readonly {
    readonly id: string;
    readonly cidr: string;
    readonly availabilityZone: string;
    readonly isPublic: boolean;
  }[];
}
