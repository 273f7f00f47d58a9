import type { Clock } from "@cloudy/twin-model/clock.ts";
import type { Identifiers } from "@cloudy/twin-model/identifiers.ts";

type ActivityStatus =
  | "PreInService"
  | "InProgress"
  | "WaitingForELBConnectionDraining"
  | "Successful"
  | "Failed"
  | "Cancelled";

export interface Activity {
  readonly id: string;
  readonly groupName: string;
  readonly instanceId: string | undefined;
  description: string;
  readonly cause: string;
  readonly startedAt_ms: number;
  readonly subnetId: string | undefined;
  readonly availabilityZone: string | undefined;
  endedAt_ms: number | undefined;
  status: ActivityStatus;
  statusMessage: string;
  progress: number;
}

/** Auto Scaling keeps six weeks of activities; the newest of a long simulation are enough to explain it. */
const kept = 1000;

/** The log of what a group did and why, in Auto Scaling's own words. */
export class Activities {
  readonly #clock: Clock;
  readonly #ids: Identifiers;
  readonly #activities: Activity[] = [];

  constructor(clock: Clock, ids: Identifiers) {
    this.#clock = clock;
    this.#ids = ids;
  }

  /** Newest first. */
  all(): readonly Activity[] {
    return this.#activities.toReversed();
  }

  inProgress(): boolean {
    return this.#activities.some((activity) => activity.endedAt_ms === undefined);
  }

  begin(
    activity: Pick<
      Activity,
      "groupName" | "instanceId" | "description" | "cause" | "subnetId" | "availabilityZone" | "status"
    >,
  ): Activity {
    const begun: Activity = {
      ...activity,
      id: this.#ids.uuid(),
      startedAt_ms: this.#clock.now(),
      endedAt_ms: undefined,
      statusMessage: "",
      progress: activity.status === "PreInService" ? 30 : 50,
    };
    this.#activities.push(begun);
    if (this.#activities.length > kept) this.#activities.shift();
    return begun;
  }

  end(activity: Activity, status: "Successful" | "Failed" | "Cancelled", message = ""): void {
    if (activity.endedAt_ms !== undefined) return;
    activity.status = status;
    activity.statusMessage = message;
    activity.progress = 100;
    activity.endedAt_ms = this.#clock.now();
  }
}

/** The sentences that causes are made of; each starts with its time, and Auto Scaling joins them by two spaces. */
export const because = {
  created: (now_ms: number, desired: number) =>
    `At ${at(now_ms)} a user request created an AutoScalingGroup changing the desired capacity from 0 to ${desired}.`,
  alarm: (now_ms: number, alarmName: string, policyName: string, from: number, to: number) =>
    `At ${at(now_ms)} a monitor alarm ${alarmName} in state ALARM triggered policy ${policyName} changing the desired capacity from ${from} to ${to}.`,
  executed: (now_ms: number, policyName: string, from: number, to: number) =>
    `At ${at(now_ms)} a user request executed policy ${policyName} changing the desired capacity from ${from} to ${to}.`,
  setDesired: (now_ms: number, from: number, to: number) =>
    `At ${at(now_ms)} a user request explicitly set group desired capacity changing the desired capacity from ${from} to ${to}.`,
  updated: (now_ms: number, limits: { min: number; max: number; desired: number }, from: number) =>
    `At ${at(now_ms)} a user request update of AutoScalingGroup constraints to min: ${limits.min}, max: ${limits.max}, desired: ${limits.desired} changing the desired capacity from ${from} to ${limits.desired}.`,
  started: (now_ms: number, from: number, to: number) =>
    `At ${at(now_ms)} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from ${from} to ${to}.`,
  replacement: (now_ms: number) =>
    `At ${at(now_ms)} an instance was launched in response to an unhealthy instance needing to be replaced.`,
  shrunk: (now_ms: number, from: number, to: number) =>
    `At ${at(now_ms)} an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from ${from} to ${to}.`,
  selected: (now_ms: number, instanceId: string) =>
    `At ${at(now_ms)} instance ${instanceId} was selected for termination.`,
  unhealthy: (now_ms: number, check: string) =>
    `At ${at(now_ms)} an instance was taken out of service in response to ${check}.`,
  userTermination: (now_ms: number, instanceId: string) =>
    `At ${at(now_ms)} instance ${instanceId} was taken out of service in response to a user request.`,
  abandoned: (now_ms: number, instanceId: string) =>
    `At ${at(now_ms)} instance ${instanceId} was taken out of service in response to an abandoned lifecycle action.`,
  refresh: (now_ms: number) =>
    `At ${at(now_ms)} an instance was taken out of service in response to an instance refresh.`,
} as const;

export function joined(...sentences: readonly string[]): string {
  return sentences.filter((sentence) => sentence !== "").join("  ");
}

function at(now_ms: number): string {
  return `${new Date(now_ms).toISOString().slice(0, 19)}Z`;
}
