import { absorb, stepDown } from "./absorb.ts";
import type { AgentState, Effect, Epoch, Event } from "./state.ts";
import { dataObstaclesOf, judgeSuccession } from "./succession.ts";

export type Step = readonly [AgentState, readonly Effect[]];

/**
 * The agent's core: pure and total. What was heard changes the knowledge (absorb), the knowledge decides what is done.
 *
 * Safety rests on three rules. An epoch is made only when its predecessor's postgres cannot run any more (succession.ts).
 * postgres starts only in an epoch that this very process made and never asked to release, with the local lock in hand and
 * after a look at the shared directory that began under that lock. An epoch is released only with the lock in hand.
 */
export function step(state: AgentState, event: Event): Step {
  if (state.exited) return [state, []];
  const [heard, effects] = absorb(state, event);
  const [decided, more] = decide(heard);
  return [decided, [...effects, ...more]];
}

function decide(state: AgentState): Step {
  switch (state.postgres.is) {
    case "unknown":
    case "leaving":
      return [state, []];
    case "started":
    case "adopted":
      return watch(state);
    case "absent":
      if (state.pending !== "none") return [state, []];
      if (state.intent === "serve") return takePart(state, state.postgres.order);
      return retire(state);
  }
}

/** postgres is alive: is there a reason to stop it? */
function watch(state: AgentState): Step {
  const { postgres } = state;
  if (postgres.is !== "started" && postgres.is !== "adopted") return [state, []];
  const lost = superseded(state);
  if (lost !== undefined && postgres.stopping !== "immediate") return stop(state, "immediate", lost);
  if (state.fileSystem === "unreachable" && postgres.stopping !== "immediate") {
    const because = "the shared file system does not answer";
    return stop(stepDown(state, because), "immediate", because);
  }
  if (postgres.stopping !== undefined) return [state, []];
  if (state.intent === "exit") return stop(state, "fast", "the agent was asked to stop");
  // A recovery in which nothing moves does not end in order either.
  if (state.intent === "step-down") return stop(state, state.isStalled ? "immediate" : "fast", state.leavesBecause);
  if (state.restore !== undefined) return stop(state, "fast", `${state.restore.backup} is to be restored`);
  return [state, []];
}

function stop(state: AgentState, how: "fast" | "immediate", because: string): Step {
  const { postgres } = state;
  if (postgres.is !== "started" && postgres.is !== "adopted") return [state, []];
  return [{ ...state, postgres: { ...postgres, stopping: how } }, [{ do: "stop-postgres", how, because }]];
}

/** Why the running postgres has no right to run any more. Cannot happen while the protocol is kept; then it must end at once. */
function superseded(state: AgentState): string | undefined {
  if (state.shared === undefined) return undefined;
  const { epoch } = state.shared.seen;
  if (epoch === undefined) return "the shared directory shows no epoch any more";
  if (epoch.holder !== state.instanceId) return `epoch ${epoch.number} is held by ${epoch.holder}`;
  if (epoch.released) return `epoch ${epoch.number} is released`;
  if (state.postgres.is === "started" && epoch.number !== state.postgres.epoch) {
    return `the shared directory shows epoch ${epoch.number}, postgres was started in epoch ${state.postgres.epoch}`;
  }
  return undefined;
}

/** No process is alive and the instance wants to serve: start, succeed or stand by. */
function takePart(state: AgentState, lockOrder: number): Step {
  if (state.shared === undefined || state.shared.order < lockOrder) return [state, []];
  const { epoch } = state.shared.seen;
  if (epoch !== undefined && epoch.number === state.ownEpoch && holds(state, epoch)) {
    if (state.restore !== undefined || state.shared.seen.restored) return restore(state);
    if (dataObstaclesOf(state).length > 0) return [state, []];
    const started: AgentState = {
      ...state,
      postgres: { is: "started", epoch: epoch.number, accepting: false, stopping: undefined },
    };
    const because = state.crashes === 0 ? `made epoch ${epoch.number}` : `still holds epoch ${epoch.number}`;
    return [started, [{ do: "start-postgres", epoch: epoch.number, because }]];
  }
  const verdict = judgeSuccession(state);
  if (!verdict.may) return [state, []];
  return [{ ...state, pending: "make" }, [{ do: "make-epoch", number: verdict.number, because: verdict.because }]];
}

/** An order is carried out, or a restore finished that a crash interrupted after its last download. */
function restore(state: AgentState): Step {
  const point = state.restore;
  const because = point === undefined ? "a restore was interrupted" : `${point.backup} was ordered`;
  return [{ ...state, pending: "restore" }, [{ do: "restore-data", point, because }]];
}

/** No process is alive and the instance wants out: release what it holds, then rest or exit. */
function retire(state: AgentState): Step {
  if (state.intent === "rest") return [state, []];
  if (state.shared === undefined) {
    // Without a look at the directory nobody knows what is held; an unreachable one is left to the failover function.
    const hopeless =
      state.fileSystem === "unreachable" || (state.unreadable !== undefined && state.ownEpoch === undefined);
    return state.intent === "exit" && hopeless ? exit(state) : [state, []];
  }
  const { epoch } = state.shared.seen;
  if (epoch !== undefined && holds(state, epoch)) {
    const because = state.intent === "exit" ? "the agent was asked to stop" : state.leavesBecause;
    return [
      { ...state, pending: "release", ownEpoch: undefined },
      [{ do: "release-epoch", number: epoch.number, because }],
    ];
  }
  if (state.intent === "exit") return exit(state);
  const because = "leaves the next epoch to another instance";
  return [{ ...state, intent: "rest", isOverdue: false }, [{ do: "rest", futile: state.futile, because }]];
}

function exit(state: AgentState): Step {
  return [{ ...state, exited: true }, [{ do: "exit", because: "no process of postgres is left" }]];
}

function holds(state: AgentState, epoch: Epoch): boolean {
  return epoch.holder === state.instanceId && !epoch.released;
}
