import type { Order } from "@cloudy/contracts/order.ts";
import { CRASHES_MAX } from "../constants.ts";
import { lackedMeans } from "./fitness.ts";
import { judgeOrder } from "./orders.ts";
import type { AgentState, Effect, Event, Postgres } from "./state.ts";
import { isHolder, isLeaving } from "./status.ts";
import { judgeGrant } from "./succession.ts";

/** What an event changes in the agent's knowledge, and what has to follow from the event itself. */
export function absorb(state: AgentState, event: Event): readonly [AgentState, readonly Effect[]] {
  switch (event.kind) {
    case "started":
      return [state, [{ do: "take-lock" }]];
    case "lock-acquired":
      return lockAcquired(state, event.order);
    case "lock-held-by-orphans":
      if (state.postgres.is !== "unknown") return [state, []];
      return [{ ...state, postgres: { is: "adopted", accepting: false, stopping: undefined } }, []];
    case "shared-read":
      return [
        {
          ...state,
          fileSystem: "ok",
          unreadable: undefined,
          shared: { seen: event.seen, order: event.order },
          grant: stillValid(state, event),
          restore: stillOrdered(state, event),
        },
        [],
      ];
    case "shared-unreadable":
      return [
        {
          ...state,
          fileSystem: event.answered ? "ok" : state.fileSystem,
          unreadable: event.because,
          shared: undefined,
        },
        [],
      ];
    case "file-system-unreachable":
      return [{ ...state, fileSystem: "unreachable" }, []];
    case "epoch-made":
      return epochMade(state, event.epoch);
    case "epoch-not-made":
    case "epoch-not-released":
      return [{ ...state, pending: "none", shared: undefined }, [{ do: "read-shared" }]];
    case "epoch-released":
      return [
        { ...state, pending: "none", shared: undefined, ownEpoch: undefined, restore: undefined, isOverdue: false },
        [{ do: "read-shared" }],
      ];
    case "postgres-accepting":
      return [
        {
          ...state,
          postgres: accepting(state.postgres, event.accepting),
          isStalled: state.isStalled && !event.accepting,
        },
        [],
      ];
    case "postgres-exited":
      return postgresExited(state);
    case "postgres-hung":
      return postgresHung(state);
    case "postgres-stable":
      return [{ ...state, crashes: 0, futile: 0 }, []];
    case "recovery-stalled":
      return [{ ...state, isStalled: event.isStalled }, []];
    case "grant":
      return [judgeGrant(state, event.grant).accepted ? { ...state, grant: event.grant } : state, []];
    case "order":
      return ordered(state, event.order);
    case "restored":
      return [
        { ...state, pending: "none", restore: undefined, crashes: 0, shared: outdated(state) },
        [{ do: "read-shared" }],
      ];
    case "not-restored":
      return [
        { ...state, pending: "none", restore: undefined, restoreFailure: event.because, shared: outdated(state) },
        [{ do: "read-shared" }],
      ];
    case "fitness":
      return [{ ...state, unfit: event.unfit }, []];
    case "unfit-overdue":
      return [unfitOverdue(state), []];
    case "leave-overdue":
      return [{ ...state, isOverdue: isHolder(state) && isLeaving(state) }, []];
    case "rest-over":
      return [state.intent === "rest" ? { ...state, intent: "serve", crashes: 0 } : state, []];
    case "stop-requested":
      return [
        { ...state, intent: "exit" },
        state.pending === "restore" ? [{ do: "cancel-restore", because: "the agent was asked to stop" }] : [],
      ];
  }
}

function lockAcquired(state: AgentState, order: number): readonly [AgentState, readonly Effect[]] {
  const { postgres } = state;
  // Orphans that went without being asked to crashed like any other postgres.
  const orphansCrashed = postgres.is === "adopted" && postgres.stopping === undefined;
  const counted = orphansCrashed ? countCrash(state) : state;
  return [
    { ...counted, postgres: { is: "absent", order }, isStalled: false, isOverdue: false },
    [{ do: "read-shared" }],
  ];
}

function stillValid(state: AgentState, event: Extract<Event, { kind: "shared-read" }>) {
  return state.grant !== undefined && event.seen.epoch?.number === state.grant.epoch ? state.grant : undefined;
}

/** An order ends with the epoch: a later one of this instance has nothing to do with it. */
function stillOrdered(state: AgentState, event: Extract<Event, { kind: "shared-read" }>) {
  const { epoch } = event.seen;
  return epoch?.holder === state.instanceId && !epoch.released ? state.restore : undefined;
}

function epochMade(
  state: AgentState,
  epoch: Extract<Event, { kind: "epoch-made" }>["epoch"],
): readonly [AgentState, readonly Effect[]] {
  const shared = state.shared === undefined ? undefined : { ...state.shared, seen: { ...state.shared.seen, epoch } };
  return [{ ...state, pending: "none", ownEpoch: epoch.number, grant: undefined, shared }, []];
}

function accepting(postgres: Postgres, value: boolean): Postgres {
  return postgres.is === "started" || postgres.is === "adopted" ? { ...postgres, accepting: value } : postgres;
}

function postgresExited(state: AgentState): readonly [AgentState, readonly Effect[]] {
  const { postgres } = state;
  if (postgres.is !== "started") return [state, []];
  const counted = postgres.stopping === undefined ? countCrash(state) : state;
  return [{ ...counted, postgres: { is: "leaving" }, isStalled: false }, [{ do: "take-lock" }]];
}

function postgresHung(state: AgentState): readonly [AgentState, readonly Effect[]] {
  const { postgres } = state;
  // A hung file system hangs postgres too; stopping it would not help, and the failover function decides about that.
  if (state.fileSystem !== "ok") return [state, []];
  if ((postgres.is !== "started" && postgres.is !== "adopted") || postgres.stopping !== undefined) return [state, []];
  return [
    { ...countCrash(state), postgres: { ...postgres, accepting: false, stopping: "immediate" } },
    [{ do: "stop-postgres", how: "immediate", because: "postgres does not answer" }],
  ];
}

function ordered(state: AgentState, order: Order): readonly [AgentState, readonly Effect[]] {
  if (!judgeOrder(state, order).accepted) return [state, []];
  if (order.order === "step-down") return [stepDown(state, "it was ordered to step down"), []];
  const { backup, targetTime } = order;
  return [{ ...state, restore: { backup, targetTime }, restoreFailure: undefined }, []];
}

/** What was seen stays what is shown, but nothing is decided on it any more. */
function outdated({ shared }: AgentState): AgentState["shared"] {
  return shared && { ...shared, order: Number.NEGATIVE_INFINITY };
}

function countCrash(state: AgentState): AgentState {
  const crashes = state.crashes + 1;
  const counted = { ...state, crashes };
  if (crashes <= CRASHES_MAX || state.intent !== "serve") return counted;
  return stepDown({ ...counted, futile: state.futile + 1 }, "postgres keeps failing here");
}

/** Whoever is fit may have the epoch; this instance takes part again once it is. */
function unfitOverdue(state: AgentState): AgentState {
  const lacks = lackedMeans(state).map(({ because }) => because);
  if (lacks.length === 0 || state.postgres.is !== "absent" || state.restore !== undefined || !isHolder(state)) {
    return state;
  }
  return stepDown(state, `it may not start postgres: ${lacks.join("; ")}`);
}

/** Only an instance that serves can step down: one that leaves already has its reason. */
export function stepDown(state: AgentState, leavesBecause: string): AgentState {
  return state.intent === "serve" ? { ...state, intent: "step-down", leavesBecause } : state;
}
