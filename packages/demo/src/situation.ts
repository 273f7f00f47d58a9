import type { RequestFailure } from "@cloudy/loadtest/generator-contract.ts";
import type { RecentLoad } from "@cloudy/loadtest/recorder.ts";
import type { Point, Run, SystemView } from "@cloudy/observer/run.ts";

const MINUTE_MS = 60_000;
const REFUSED_WRITES = 10;

/** When an alarm goes off. */
export interface AlarmRule {
  readonly threshold: number;
  readonly period_s: number;
  readonly periods: number;
}

/** What the demo sees of the system and of its own requests at one moment. Cloud time. */
export interface Situation {
  readonly now_ms: number;
  readonly highAlarm: string | undefined;
  readonly lowAlarm: string | undefined;
  readonly highRule: AlarmRule | undefined;
  readonly lowRule: AlarmRule | undefined;
  /** Whether the stack's scaling has alarms, so that it is worth to wait until they are seen. */
  readonly isAlarmExpected: boolean;
  /** How many policies scale the web group, and what CPU target tracking keeps to. */
  readonly policies: number | undefined;
  readonly targetPercent: number | undefined;
  /** What the stack declares, in seconds: time to boot, health checks before service, pause after scaling, draining. */
  readonly boot_s: number | undefined;
  readonly healthy_s: number | undefined;
  readonly cooldown_s: number | undefined;
  readonly deregistration_s: number | undefined;
  readonly webMin: number | undefined;
  readonly webMax: number | undefined;
  readonly desired: number | undefined;
  readonly inService: number;
  /** Targets that take requests, sorted. */
  readonly healthy: readonly string[];
  readonly targets: number;
  /** The active database: where the virtual IP leads, if it leads anywhere. */
  readonly holder: string | undefined;
  readonly databasesInService: number;
  readonly databasesDesired: number | undefined;
  /** The newest whole minute of the web group's CPU; `t_ms` is its start. */
  readonly cpu: Point | undefined;
  readonly load: RecentLoad;
  /** What the API's limit for one client leaves for the load. */
  readonly loadPerSecondMax: number | undefined;
  /** Instances that have answered `GET /`. */
  readonly served: readonly string[];
  readonly acknowledged: number;
  /** When writes were acknowledged again after the database was taken away. */
  readonly recovered_ms: number | undefined;
  /** Why there is nothing to wait for: the API of AWS or of the stack refuses whoever asks. */
  readonly refusal: string | undefined;
  readonly readBack: "no" | "done" | { readonly failure: string };
}

export function systemSituation(view: SystemView, now_ms: number) {
  const { declared } = view;
  const alarm = (role: "high" | "low") => view.alarms.find((candidate) => candidate.role === role);
  const inService = (group: SystemView["web"]) =>
    group?.members.filter((member) => member.lifecycle === "InService").length ?? 0;
  return {
    highAlarm: alarm("high")?.state,
    lowAlarm: alarm("low")?.state,
    highRule: ruleOf(alarm("high")),
    lowRule: ruleOf(alarm("low")),
    isAlarmExpected: (declared?.alarmNames ?? []).length > 0 && !("alarms" in view.unreadable),
    policies: declared?.policies,
    targetPercent: declared?.targetPercent,
    boot_s: view.web?.grace_s,
    healthy_s: declared?.healthy_s,
    cooldown_s: view.web?.cooldown_s,
    deregistration_s: declared?.deregistration_s,
    webMin: view.web?.min,
    webMax: view.web?.max,
    desired: view.web?.desired,
    inService: inService(view.web),
    healthy: view.targets
      .filter((target) => target.state === "healthy")
      .map((target) => target.instanceId)
      .sort(),
    targets: view.targets.length,
    holder: view.roles.at(-1)?.instanceId,
    databasesInService: inService(view.database),
    databasesDesired: view.database?.desired,
    cpu: view.cpu.web.findLast((point) => point.t_ms + MINUTE_MS <= now_ms),
  };
}

function ruleOf(alarm: SystemView["alarms"][number] | undefined): AlarmRule | undefined {
  if (alarm === undefined) return undefined;
  const { threshold, period_s, evaluationPeriods } = alarm;
  return { threshold, period_s, periods: evaluationPeriods };
}

/** Refused to the last one, as far as can be seen: what comes later will be refused as well. */
export function refusalOf(
  view: SystemView,
  acknowledged: number,
  failures: readonly RequestFailure[],
): string | undefined {
  const unreadable = view.unreadable["groups"];
  if (view.web === undefined && unreadable !== undefined) return `the AWS API cannot be read: ${unreadable}`;
  const writes = failures.filter((failure) => failure.request === "POST /users").slice(-REFUSED_WRITES);
  const isRefused = writes.length === REFUSED_WRITES && writes.every(({ reason }) => /^status 4/.test(reason));
  return acknowledged === 0 && isRefused ? `every write is refused: ${writes.at(-1)?.reason}` : undefined;
}

/** The instance that calls itself so: hostnames are ids or private DNS names, with or without the domain. */
export function instanceOfHostname(hostname: string, instances: SystemView["instances"]): string | undefined {
  const first = (name: string) => name.split(".")[0];
  return instances.find(
    (instance) =>
      instance.id === hostname ||
      instance.privateIp === hostname ||
      (instance.privateDnsName !== "" && first(instance.privateDnsName) === first(hostname)) ||
      `ip-${instance.privateIp.replaceAll(".", "-")}` === first(hostname) ||
      first(hostname) === instance.id,
  )?.id;
}

export function responseShares(
  responses: ReadonlyMap<string, number>,
  instances: SystemView["instances"],
): Run["responses"] {
  return [...responses].map(([hostname, count]) => ({
    hostname,
    instanceId: instanceOfHostname(hostname, instances),
    responses: count,
  }));
}
