import type { CoreStatus } from "@cloudy/contracts/agent-status.ts";
import { unfitnessOf } from "./fitness.ts";
import type { AgentState, Postgres } from "./state.ts";
import { dataObstaclesOf } from "./succession.ts";

export function statusOf(state: AgentState): CoreStatus {
  const epoch = state.shared?.seen.epoch;
  const notReady = reasonsNotReady(state);
  return {
    instanceId: state.instanceId,
    role: roleOf(state),
    epoch: epoch === undefined ? null : { number: epoch.number, holder: epoch.holder, released: epoch.released },
    postgres: postgresOf(state.postgres),
    fileSystem: state.fileSystem,
    ready: notReady.length === 0,
    notReady,
    unfit: unfitnessOf(state),
    restore: state.restore ?? null,
    restoreFailure: state.restoreFailure ?? null,
  };
}

/** Whether this instance has the right to run postgres: it made the current epoch and has not released it. */
export function isHolder(state: AgentState): boolean {
  const epoch = state.shared?.seen.epoch;
  return state.postgres.is === "started" || (epoch?.holder === state.instanceId && !epoch.released);
}

/** It is to give its epoch up, or its postgres is on its way out. */
export function isLeaving({ intent, postgres }: AgentState): boolean {
  if (intent === "step-down" || intent === "exit" || postgres.is === "leaving") return true;
  return (postgres.is === "started" || postgres.is === "adopted") && postgres.stopping !== undefined;
}

function roleOf(state: AgentState): CoreStatus["role"] {
  if (state.intent === "exit" || state.intent === "step-down") return "stopping";
  if (isHolder(state)) return "primary";
  return state.postgres.is === "unknown" || state.fileSystem === "unknown" ? "starting" : "standby";
}

function postgresOf(postgres: Postgres): CoreStatus["postgres"] {
  switch (postgres.is) {
    case "unknown":
    case "absent":
      return postgres.is;
    case "leaving":
      return "stopping";
    case "started":
    case "adopted":
      if (postgres.stopping !== undefined) return "stopping";
      return postgres.accepting ? "accepting" : "starting";
  }
}

function reasonsNotReady(state: AgentState): readonly string[] {
  const role = roleOf(state);
  if (role === "primary" && state.postgres.is === "absent" && state.pending === "none") {
    return [`its role is ${role}`, ...dataObstaclesOf(state)];
  }
  if (role !== "standby") return [`its role is ${role}`];
  const reasons = [...dataObstaclesOf(state)];
  if (state.intent === "rest") reasons.push(`it stepped down a moment ago: ${state.leavesBecause}`);
  if (state.postgres.is !== "absent") reasons.push("processes of an earlier postgres are still alive");
  return reasons;
}
