import { parseRouteLine } from "@cloudy/contracts/route-line.ts";
import { HISTORY_MS } from "./constants.ts";
import { addDecisions, alarmDecisions, logDecisions, scalingDecisions, targetDecisions } from "./decisions.ts";
import type { StackNames } from "./outputs.ts";
import type { LogLine, Reading } from "./readings.ts";
import type { CpuView, Decision, InstanceView, Point, RoleChange, SystemSample, SystemView } from "./run.ts";

export function emptyView(virtualIp: string): SystemView {
  return {
    web: undefined,
    database: undefined,
    instances: [],
    targets: [],
    alarms: [],
    cpu: { web: [], instances: {} },
    samples: [],
    virtualIp,
    route: undefined,
    roles: [],
    lost: [],
    decisions: [],
    network: undefined,
    unreadable: {},
  };
}

/** The view after one more reading taken at `now_ms`. Pure; a reading may come twice or late. */
export function absorb(view: SystemView, reading: Reading, names: StackNames, now_ms: number): SystemView {
  const readable = forget(view, reading.kind);
  switch (reading.kind) {
    case "groups": {
      const find = (name: string) => reading.groups.find((group) => group.name === name);
      const next = { ...readable, web: find(names.webGroupName), database: find(names.databaseGroupName) };
      return addSample(next, now_ms);
    }
    case "instances":
      return trackRole({ ...readable, instances: keepGone(readable.instances, reading.instances) }, now_ms);
    case "targets": {
      const decisions = targetDecisions(readable.targets, reading.targets, now_ms);
      return addSample(addDecisions({ ...readable, targets: reading.targets }, decisions), now_ms);
    }
    case "alarms":
      return { ...readable, alarms: reading.alarms };
    case "alarm history":
      return addDecisions(readable, alarmDecisions(reading.changes, readable.alarms));
    case "cpu":
      return { ...readable, cpu: mergeCpu(readable.cpu, reading, now_ms) };
    case "activities":
      return addDecisions(readable, scalingDecisions(reading.activities, names));
    case "routes":
      return trackRole({ ...readable, route: reading.route }, now_ms);
    case "log":
      return reading.lines.reduce(
        trackLogLine,
        addDecisions(readable, logDecisions(reading.lines, readable.decisions)),
      );
    case "network":
      return { ...readable, network: reading.network, declared: reading.declared };
  }
}

export function absorbFailure(view: SystemView, kind: Reading["kind"], reason: string): SystemView {
  return { ...view, unreadable: { ...view.unreadable, [kind]: reason } };
}

/** The active database is known to be gone from `t_ms` on, whatever older readings still say. */
export function loseInstance(view: SystemView, instanceId: string, t_ms: number): SystemView {
  return trackRole({ ...view, lost: [...view.lost, instanceId] }, t_ms);
}

export function addDecision(view: SystemView, decision: Decision): SystemView {
  return addDecisions(view, [decision]);
}

/**
 * EC2 takes the addresses of a terminated instance away and forgets the instance itself after a while; the timeline still
 * speaks of it, and its answers are still known by its host name.
 */
function keepGone(known: readonly InstanceView[], news: readonly InstanceView[]): readonly InstanceView[] {
  const gone = known
    .filter((instance) => !news.some((candidate) => candidate.id === instance.id))
    .map((instance) => ({ ...instance, state: "terminated" }));
  const present = news.map((instance) => {
    const before = known.find((candidate) => candidate.id === instance.id);
    if (before === undefined || instance.privateIp !== "") return instance;
    const { privateIp, privateDnsName, subnetId } = before;
    return { ...instance, privateIp, privateDnsName, subnetId };
  });
  return [...gone, ...present];
}

function forget(view: SystemView, kind: Reading["kind"]): SystemView {
  if (!(kind in view.unreadable)) return view;
  const { [kind]: _, ...unreadable } = view.unreadable;
  return { ...view, unreadable };
}

function addSample(view: SystemView, t_ms: number): SystemView {
  if (view.web === undefined) return view;
  const sample: SystemSample = {
    t_ms,
    desired: view.web.desired,
    inService: view.web.members.filter((member) => member.lifecycle === "InService").length,
    healthy: view.targets.length === 0 ? undefined : view.targets.filter((target) => target.state === "healthy").length,
  };
  return { ...view, samples: [...recent(view.samples, t_ms), sample] };
}

function recent<T extends { readonly t_ms: number }>(items: readonly T[], now_ms: number): readonly T[] {
  const first = items[0];
  if (first === undefined || first.t_ms >= now_ms - HISTORY_MS) return items;
  return items.filter((item) => item.t_ms >= now_ms - HISTORY_MS);
}

function mergeCpu(known: CpuView, news: CpuView, now_ms: number): CpuView {
  const ids = new Set([...Object.keys(known.instances), ...Object.keys(news.instances)]);
  const instances = Object.fromEntries(
    [...ids].map((id) => [id, mergePoints(known.instances[id] ?? [], news.instances[id] ?? [], now_ms)]),
  );
  return { web: mergePoints(known.web, news.web, now_ms), instances };
}

function mergePoints(known: readonly Point[], news: readonly Point[], now_ms: number): Point[] {
  const byTime = new Map([...known, ...news].map((point) => [point.t_ms, point]));
  return [
    ...recent(
      [...byTime.values()].sort((a, b) => a.t_ms - b.t_ms),
      now_ms,
    ),
  ];
}

/** The active role belongs to the running instance that every table's route points at. */
function holder(view: SystemView): string | undefined {
  const id = view.route?.instanceId;
  if (id === undefined || view.route?.state !== "active" || view.lost.includes(id)) return undefined;
  const instance = view.instances.find((candidate) => candidate.id === id);
  return instance === undefined || instance.state === "running" ? id : undefined;
}

function trackRole(view: SystemView, t_ms: number): SystemView {
  if (view.route === undefined) return view;
  const last = view.roles.at(-1);
  const instanceId = holder(view);
  if (last !== undefined && last.instanceId === instanceId) return view;
  // A log line may already have told, with its own exact time, where the route was going to be seen.
  if (last !== undefined && last.t_ms > t_ms) return view;
  return { ...view, roles: [...view.roles, { t_ms, instanceId }] };
}

/** The function's own line says when the route moved: more exact than the reading that found it moved. */
function trackLogLine(view: SystemView, line: LogLine): SystemView {
  const moved = parseRouteLine(line.message);
  const last = view.roles.at(-1);
  if (moved?.route !== "updated" || last === undefined || view.lost.includes(moved.instanceId)) return view;
  const { instanceId } = moved;
  const before = view.roles.at(-2);
  if (last.instanceId === instanceId) {
    const isMoreExact = line.t_ms < last.t_ms && before !== undefined && line.t_ms > before.t_ms;
    return isMoreExact ? { ...view, roles: replaceLast(view.roles, { t_ms: line.t_ms, instanceId }) } : view;
  }
  if (line.t_ms <= last.t_ms) return view;
  return { ...view, roles: [...view.roles, { t_ms: line.t_ms, instanceId }] };
}

function replaceLast(roles: readonly RoleChange[], change: RoleChange): readonly RoleChange[] {
  return [...roles.slice(0, -1), change];
}
