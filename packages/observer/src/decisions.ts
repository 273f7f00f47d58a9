import { type FailoverLogCode, parseFailoverLine } from "@cloudy/contracts/failover-log.ts";
import { parseRouteLine } from "@cloudy/contracts/route-line.ts";
import { activityOf, capacityChangeOf, isLambdaLine } from "./aws-sentences.ts";
import { HISTORY_MS, REPEATED_LINES, REPEATED_MS } from "./constants.ts";
import type { StackNames } from "./outputs.ts";
import type { AlarmChange, LogLine, ScalingActivity } from "./readings.ts";
import type { AlarmView, Decision, SystemView, TargetView } from "./run.ts";

/** Adds what is not known yet, in the order of time. */
export function addDecisions(view: SystemView, news: readonly Decision[]): SystemView {
  const known = new Set(view.decisions.map((decision) => decision.id));
  const fresh = news.filter((decision) => !known.has(decision.id));
  const newest = fresh.at(-1);
  if (newest === undefined) return view;
  const decisions = [...view.decisions, ...fresh]
    .filter((decision) => decision.t_ms >= newest.t_ms - HISTORY_MS)
    .sort((a, b) => a.t_ms - b.t_ms);
  return { ...view, decisions };
}

export function alarmDecisions(changes: readonly AlarmChange[], alarms: readonly AlarmView[]): Decision[] {
  return changes.map((change) => {
    const alarm = alarms.find((candidate) => candidate.name === change.alarmName);
    return {
      id: `alarm ${change.alarmName} ${change.t_ms}`,
      t_ms: change.t_ms,
      source: "alarm",
      sentence: alarmSentence(change, alarm),
      major: change.to === "ALARM",
    };
  });
}

function alarmSentence(change: AlarmChange, alarm: AlarmView | undefined): string {
  if (alarm === undefined) return `Alarm ${change.alarmName}: ${change.from} to ${change.to}`;
  const side = alarm.role === "high" ? "above" : "below";
  const name = alarm.role === "high" ? "High-CPU" : "Low-CPU";
  const condition = `CPU ${side} ${alarm.threshold} % for ${alarm.evaluationPeriods} × ${alarm.period_s} s`;
  if (change.to === "ALARM") return `${name} alarm: ${condition}`;
  if (change.to !== "OK") return `${name} alarm has no data`;
  return change.from === "ALARM" ? `${name} alarm is over` : `${name} alarm has data and is quiet`;
}

export function scalingDecisions(activities: readonly ScalingActivity[], names: StackNames): Decision[] {
  const groups = new Map([
    [names.webGroupName, "The web group"],
    [names.databaseGroupName, "The database group"],
  ]);
  return activities.map((activity) => {
    const change = capacityChangeOf(activity.cause);
    const did = activityOf(activity.description);
    const action =
      did === undefined
        ? activity.description.replace(/\.$/, "")
        : `${groups.get(activity.groupName) ?? activity.groupName} ${did.does} ${did.instanceId}`;
    return {
      id: `activity ${activity.id}`,
      t_ms: activity.start_ms,
      source: "scaling",
      sentence: change === undefined ? action : `${action}: desired ${change.from} → ${change.to}`,
      major: true,
    };
  });
}

export function targetDecisions(before: readonly TargetView[], now: readonly TargetView[], t_ms: number): Decision[] {
  // The first reading is the state that was found, not news.
  if (before.length === 0) return [];
  const known = new Map(before.map((target) => [target.instanceId, target.state]));
  const changed = now.filter((target) => known.get(target.instanceId) !== target.state);
  const gone = before.filter((target) => !now.some((candidate) => candidate.instanceId === target.instanceId));
  return [
    ...changed.map(
      (target): Decision => ({
        id: `target ${target.instanceId} ${target.state} ${t_ms}`,
        t_ms,
        source: "instance",
        sentence: targetSentence(target),
        major: target.state === "healthy" || target.state === "unhealthy",
      }),
    ),
    ...gone.map(
      (target): Decision => ({
        id: `target ${target.instanceId} gone ${t_ms}`,
        t_ms,
        source: "instance",
        sentence: `${target.instanceId} left the load balancer`,
        major: false,
      }),
    ),
  ];
}

function targetSentence(target: TargetView): string {
  const because = target.reason === "" ? "" : ` (${target.reason.replace(/\.$/, "")})`;
  switch (target.state) {
    case "healthy":
      return `${target.instanceId} is healthy: it takes requests`;
    case "initial":
      return `${target.instanceId} joined the load balancer, first health checks are under way`;
    case "draining":
      return `${target.instanceId} is draining: it takes no new requests`;
    default:
      return `${target.instanceId} is ${target.state}${because}`;
  }
}

/**
 * Lines of the failover function, without Lambda's own and without those it just said: again and again while nothing changes, or
 * at the same time in several invocations, whose lines come one invocation after the other.
 */
export function logDecisions(lines: readonly LogLine[], known: readonly Decision[]): Decision[] {
  const said = known.filter((decision) => decision.source === "failover");
  const ids = new Set(known.map((decision) => decision.id));
  const decisions: Decision[] = [];
  for (const line of lines) {
    const id = `log ${line.id}`;
    const sentence = parseFailoverLine(line.message)?.message ?? line.message;
    if (sentence === "" || isLambdaLine(line.message) || ids.has(id)) continue;
    const isSame = (other: Decision) => other.sentence === sentence;
    const isNear = (other: Decision) => Math.abs(other.t_ms - line.t_ms) <= REPEATED_MS;
    if (said.slice(-REPEATED_LINES).some(isSame) || said.some((other) => isSame(other) && isNear(other))) continue;
    const decision = { id, t_ms: line.t_ms, source: "failover", sentence, major: isMajor(line.message) } as const;
    said.push(decision);
    decisions.push(decision);
  }
  return decisions;
}

/** What ends a machine, hands its part to another one, or is up to a person. */
const MAJOR: ReadonlySet<FailoverLogCode> = new Set([
  "fence",
  "fence-needless",
  "holder-shutting-down",
  "successor-found",
  "terminated-without-standby",
  "too-many-fences",
]);

function isMajor(line: string): boolean {
  if (parseRouteLine(line)?.route === "updated") return true;
  const { code, fields } = parseFailoverLine(line) ?? {};
  if (code === "action-failed") return fields?.["do"] === "fence" || fields?.["do"] === "grant";
  return code !== undefined && MAJOR.has(code);
}
