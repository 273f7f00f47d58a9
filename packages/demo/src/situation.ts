import type { Run, SystemView } from "@cloudy/observer/run.ts";

/** What the demo sees of the system and of its own requests at one moment. Cloud time. */
export interface Situation {
  readonly now_ms: number;
  readonly highAlarm: string | undefined;
  readonly lowAlarm: string | undefined;
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
  /** Instances that have answered `GET /`. */
  readonly served: readonly string[];
  readonly acknowledged: number;
  /** When writes were acknowledged again after the database was taken away. */
  readonly recovered_ms: number | undefined;
  readonly readBack: "no" | "done" | { readonly failure: string };
}

export function systemSituation(view: SystemView) {
  const alarm = (role: "high" | "low") => view.alarms.find((candidate) => candidate.role === role)?.state;
  const inService = (group: SystemView["web"]) =>
    group?.members.filter((member) => member.lifecycle === "InService").length ?? 0;
  return {
    highAlarm: alarm("high"),
    lowAlarm: alarm("low"),
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
  };
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
