import type { AgentState, Epoch, Event } from "../src/protocol/state.ts";
import { step } from "../src/protocol/step.ts";
import type { Protocol } from "./model-instance.ts";

/** The protocol as it is. */
export const REAL: Protocol = {
  name: "the protocol",
  step,
  lockIsFree: ({ alive }) => alive === 0,
  isGrantable: ({ machine }) => machine === "terminated",
};

/** The protocol without one of its rules: each must make two postgres run. */
export const BROKEN: readonly Protocol[] = [
  { ...REAL, name: "an epoch is made by rename instead of link", linkReplaces: true },
  { ...REAL, name: "an error of link is taken as success", linkErrorIsSuccess: true },
  { ...REAL, name: "postgres starts before the epoch is made", step: startEarly },
  { ...REAL, name: "the next epoch is made without a grant", step: takeWithoutGrant },
  { ...REAL, name: "a grant is given while the holder still runs", isGrantable: () => true },
  { ...REAL, name: "a grant is not bound to its epoch", grantFitsEveryEpoch: true },
  { ...REAL, name: "a release is not bound to its epoch", releaseFitsEveryEpoch: true },
  { ...REAL, name: "the release goes out before postgres has ended", step: releaseEarly },
  { ...REAL, name: "a released epoch is started again", step: keepReleasedEpoch },
  { ...REAL, name: "a restarted agent goes on in the old epoch", step: restartInOldEpoch },
  { ...REAL, name: "the local lock is not asked for", lockIsFree: () => true },
  {
    ...REAL,
    name: "only the postmaster carries the local lock",
    lockIsFree: ({ alive, agent }) => alive === 0 || agent?.postgres.is === "leaving",
  },
];

type Step = ReturnType<typeof step>;

function startEarly(state: AgentState, event: Event): Step {
  const [next, effects] = step(state, event);
  const make = effects.find((effect) => effect.do === "make-epoch");
  if (make === undefined) return [next, effects];
  const postgres = { is: "started", epoch: make.number, accepting: false, stopping: undefined } as const;
  return [{ ...next, postgres }, [...effects, { do: "start-postgres", epoch: make.number, because: "" }]];
}

function takeWithoutGrant(state: AgentState, event: Event): Step {
  const [next, effects] = step(state, event);
  const epoch = seenEpoch(event);
  const idle = next.postgres.is === "absent" && next.pending === "none" && next.intent === "serve";
  if (!idle || epoch === undefined || effects.length > 0) return [next, effects];
  return [{ ...next, pending: "make" }, [{ do: "make-epoch", number: epoch.number + 1, because: "" }]];
}

function releaseEarly(state: AgentState, event: Event): Step {
  const [next, effects] = step(state, event);
  if (event.kind !== "stop-requested" || next.postgres.is !== "started") return [next, effects];
  const release = { do: "release-epoch", number: next.postgres.epoch, because: "" } as const;
  return [{ ...next, pending: "release" }, [...effects, release]];
}

function keepReleasedEpoch(state: AgentState, event: Event): Step {
  const [next, effects] = step(state, event);
  const isRelease = next.pending === "release" || event.kind === "epoch-released";
  return [isRelease ? { ...next, ownEpoch: state.ownEpoch } : next, effects];
}

function restartInOldEpoch(state: AgentState, event: Event): Step {
  const epoch = seenEpoch(event);
  const isMine = epoch !== undefined && epoch.holder === state.instanceId && !epoch.released;
  return step(isMine && state.postgres.is === "absent" ? { ...state, ownEpoch: epoch.number } : state, event);
}

function seenEpoch(event: Event): Epoch | undefined {
  return event.kind === "shared-read" ? event.seen.epoch : undefined;
}
