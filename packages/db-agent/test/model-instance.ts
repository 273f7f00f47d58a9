import { CRASHES_MAX } from "../src/constants.ts";
import { type AgentState, type Effect, type Event, initialState, type Shared } from "../src/protocol/state.ts";
import type { step } from "../src/protocol/step.ts";

/** More epochs are not made: what was asked for stays unanswered. */
export const EPOCHS_MAX = 4;

/**
 * One database instance as the model checker sees it: the real agent's state and what surrounds it. Left out of the agent's
 * state is what the checker supplies anew at every event, in every possible combination: its look at the shared directory
 * (any state the directory ever had) and its grant (any that is true). That only adds behaviour.
 */
export interface Instance {
  readonly machine: "up" | "terminated";
  readonly agent: AgentState | undefined;
  /** The agent waits for the local lock. */
  readonly wantsLock: boolean;
  /** The agent itself holds the local lock. */
  readonly hasLock: boolean;
  /** Changes that the shared-files process carries out; `done`: by the server, and the answer is on its way. */
  readonly make: Change | undefined;
  readonly release: Change | undefined;
  /** The agent puts a backup in the data's place. */
  readonly restoring: boolean;
  /** Epoch of the postgres that is about to be started, 0 for none. */
  readonly starting: number;
  /** Epoch of the postgres of which at least one process is alive, 0 for none. */
  readonly alive: number;
}

interface Change {
  readonly number: number;
  readonly done: boolean;
}

/** The agent's core, and what the checker's deliberately broken variants change around it. */
export interface Protocol {
  readonly name: string;
  readonly step: typeof step;
  /** The local lock is free as soon as this holds; kept by every process of postgres in the real one. */
  readonly lockIsFree: (instance: Instance) => boolean;
  readonly linkReplaces?: boolean;
  readonly linkErrorIsSuccess?: boolean;
  /** Whether the failover function grants the epochs that this machine holds. */
  readonly isGrantable: (holder: Instance) => boolean;
  readonly grantFitsEveryEpoch?: boolean;
  readonly releaseFitsEveryEpoch?: boolean;
}

/** What may happen to one instance by itself; a late operation is one that nobody waits for and that may still land. */
export interface Move {
  readonly action: string;
  readonly to: Instance;
  readonly lateLink?: number;
  readonly lateRelease?: number;
}

/**
 * What one look shows, and with which grant in the agent's hand. Every look counts as begun under the lock and may
 * still be out of date: the agent's rule about a look's age saves vain attempts, safety does not rest on it.
 */
export interface Look {
  readonly epoch: number;
  readonly isMine: boolean;
  readonly isReleased: boolean;
  readonly isGranted: boolean;
  /** An authentic order for this very epoch, or one that is not carried out yet. */
  readonly order: "none" | "step-down" | "restore";
}

export const FRESH: Instance = {
  machine: "up",
  agent: undefined,
  wantsLock: false,
  hasLock: false,
  make: undefined,
  release: undefined,
  restoring: false,
  starting: 0,
  alive: 0,
};

const ME = "i-me";
const OTHER = "i-other";
const LOCK_ORDER = 1;

export function localMoves(instance: Instance, protocol: Protocol): readonly Move[] {
  if (instance.machine === "terminated") return [];
  const after = (event: Event, crashes = 0) => apply(instance, protocol, event, { crashes });
  const { agent, alive, starting } = instance;
  const moves: Move[] = [
    { action: "the machine is terminated", ...endAgent({ ...instance, machine: "terminated", alive: 0 }) },
    { action: "the machine reboots", ...endAgent({ ...instance, alive: 0 }) },
  ];
  const add = (action: string, to: Instance) => moves.push({ action, to });
  if (alive > 0) add("the last process of postgres ends", { ...instance, alive: 0 });
  if (agent === undefined) return [...moves, { action: "the agent starts", to: startAgent(instance, protocol) }];

  moves.push({ action: "the agent is killed", ...endAgent(instance) });
  if (agent.intent !== "exit") add("the agent is asked to stop", after({ kind: "stop-requested" }));
  if (agent.intent === "rest") add("the agent has rested", after({ kind: "rest-over" }));
  if (instance.wantsLock && (instance.hasLock || protocol.lockIsFree(instance))) {
    const locked = { ...instance, wantsLock: false, hasLock: true };
    for (const crashes of [0, CRASHES_MAX])
      add(
        "the agent has the local lock",
        apply(locked, protocol, { kind: "lock-acquired", order: LOCK_ORDER }, { crashes }),
      );
  }
  if (instance.wantsLock && alive > 0 && agent.postgres.is === "unknown")
    add("the agent finds orphans", after({ kind: "lock-held-by-orphans" }));
  if (starting > 0 && instance.hasLock)
    add("postgres comes up", { ...instance, starting: 0, hasLock: false, alive: alive > 0 ? TWICE : starting });
  if (instance.restoring) {
    const ended = { ...instance, restoring: false };
    add("the restore is done", apply(ended, protocol, { kind: "restored" }, {}));
    add("the restore fails", apply(ended, protocol, { kind: "not-restored", because: "" }, {}));
  }
  add("the file system does not answer", after({ kind: "file-system-unreachable" }));
  for (const crashes of [0, CRASHES_MAX]) {
    if (agent.postgres.is === "started") {
      const ended = apply({ ...instance, starting: 0 }, protocol, { kind: "postgres-exited", how: "" }, { crashes });
      add(starting > 0 ? "postgres does not come up" : "the postmaster ends", ended);
    }
    if (agent.postgres.is === "started" || agent.postgres.is === "adopted")
      add("postgres hangs", after({ kind: "postgres-hung" }, crashes));
  }
  return moves;
}

/** In `alive`: a postgres was started beside processes of another one. */
export const TWICE = EPOCHS_MAX + 1;

export function look(instance: Instance, protocol: Protocol, seen: Look): Instance {
  const { epoch: number, order } = seen;
  const holder = seen.isMine ? ME : OTHER;
  const shown: Shared = {
    epoch: number === 0 ? undefined : { number, holder, token: "", released: seen.isReleased },
    dataVersion: number === 0 ? undefined : "17",
    initialized: number > 0,
    restored: false,
    system: { data: undefined, recorded: undefined },
  };
  const grant = seen.isGranted ? { epoch: number, deadHolder: OTHER, successor: ME } : undefined;
  if (order === "step-down") {
    const shared = { seen: shown, order: LOCK_ORDER };
    return apply(instance, protocol, { kind: "order", order: { order, epoch: number, holder } }, { shared });
  }
  const restore = order === "restore" ? { backup: "backup", targetTime: null } : undefined;
  return apply(instance, protocol, { kind: "shared-read", order: LOCK_ORDER, seen: shown }, { grant, restore });
}

/** The answer to a make or release reaches the agent. */
export function answerMake(instance: Instance, protocol: Protocol, won: boolean): Instance {
  const number = instance.make?.number ?? 0;
  const event: Event = won
    ? { kind: "epoch-made", epoch: { number, holder: ME, token: "", released: false } }
    : { kind: "epoch-not-made" };
  return apply({ ...instance, make: undefined }, protocol, event, {});
}

export function answerRelease(instance: Instance, protocol: Protocol, done: boolean): Instance {
  const event: Event = { kind: done ? "epoch-released" : "epoch-not-released" };
  return apply({ ...instance, release: undefined }, protocol, event, {});
}

function startAgent(instance: Instance, protocol: Protocol): Instance {
  const born = { ...instance, agent: initialState(ME, "17") };
  return apply(apply(born, protocol, { kind: "started" }, {}), protocol, { kind: "fitness", unfit: [] }, {});
}

/** The agent's process is gone; what it had sent to the file system may still land, or never. */
function endAgent(instance: Instance): Pick<Move, "to" | "lateLink" | "lateRelease"> {
  const { make, release } = instance;
  return {
    to: { ...FRESH, machine: instance.machine, alive: instance.alive },
    lateLink: make === undefined || make.done ? 0 : make.number,
    lateRelease: release === undefined || release.done ? 0 : release.number,
  };
}

function apply(instance: Instance, protocol: Protocol, event: Event, supplied: Partial<AgentState>): Instance {
  if (instance.agent === undefined) return instance;
  const [state, effects] = protocol.step({ ...instance.agent, fileSystem: "ok", ...supplied }, event);
  return effects.reduce(perform, { ...instance, agent: forget(state) });
}

/** Without what the checker supplies or what never decides over safety. */
export function forget(state: AgentState): AgentState {
  const { postgres } = state;
  const accepting = "accepting" in postgres ? { ...postgres, accepting: false } : postgres;
  const shown = accepting.is === "absent" ? { ...accepting, order: LOCK_ORDER } : accepting;
  const supplied = { shared: undefined, unreadable: undefined, grant: undefined, restore: undefined } as const;
  const spoken = { leavesBecause: "", restoreFailure: undefined, unfit: [], isStalled: false, isOverdue: false };
  return { ...state, ...supplied, ...spoken, crashes: 0, futile: 0, fileSystem: "ok", postgres: shown };
}

export function perform(instance: Instance, effect: Effect): Instance {
  switch (effect.do) {
    case "take-lock":
      return { ...instance, wantsLock: true };
    case "make-epoch":
      return { ...instance, make: { number: effect.number, done: false } };
    case "release-epoch":
      return { ...instance, release: { number: effect.number, done: false } };
    case "start-postgres":
      return { ...instance, starting: effect.epoch };
    case "restore-data":
      return { ...instance, restoring: true };
    case "exit":
      return { ...FRESH, alive: instance.alive };
    case "cancel-restore":
    case "stop-postgres":
    case "read-shared":
    case "rest":
      return instance;
  }
}

/** Two instances with the same key behave the same. */
export function keyOf(instance: Instance): string {
  const { machine, agent, wantsLock, hasLock, make, release, restoring, starting, alive } = instance;
  const postgres = agent === undefined ? "" : Object.values(agent.postgres).join(",");
  const core = agent === undefined ? "" : [agent.intent, postgres, agent.ownEpoch, agent.pending].join("/");
  const changes = [make, release].map((change) => (change === undefined ? "" : `${change.number}${change.done}`));
  return [machine, core, wantsLock, hasLock, ...changes, restoring, starting, alive].join(";");
}
