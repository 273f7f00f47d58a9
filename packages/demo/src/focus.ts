import type { Observer } from "@cloudy/observer/observe.ts";
import type { PhaseName } from "./phases.ts";

type Kinds = Parameters<Observer["focus"]>[0];

/** What each phase waits for is read more often than the rest. */
const FOCUS: Readonly<Record<PhaseName, Kinds>> = {
  baseline: ["targets", "groups"],
  "high-CPU alarm": ["alarms", "cpu", "groups"],
  "scale out": ["targets", "groups"],
  "all serve": ["groups"],
  failover: ["routes", "log"],
  "writes again": ["log"],
  "low-CPU alarm": ["alarms", "groups"],
  "scale in": ["groups", "targets"],
  "read back": [],
};

export function focusOf(phase: PhaseName | undefined): Kinds {
  return phase === undefined ? [] : FOCUS[phase];
}
