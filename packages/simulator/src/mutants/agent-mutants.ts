import { type AgentState, type Effect, step } from "@cloudy/db-agent";
import type { CodeUnderTest } from "../code-under-test.ts";

type Step = CodeUnderTest["step"];

/** A standby that could take over, and the epoch that it sees in another's hands. */
function waitingFor(state: AgentState): number | undefined {
  const epoch = state.shared?.seen.epoch;
  const waits = state.postgres.is === "absent" && state.pending === "none" && state.intent === "serve";
  return waits && state.unfit.length === 0 && epoch?.holder !== state.instanceId ? epoch?.number : undefined;
}

const make = (after: number): Effect => ({ do: "make-epoch", number: after + 1, because: "a mutant wants it" });

const startsWithoutGrant: Step = (state, event) => {
  const [next, effects] = step(state, event);
  const epoch = waitingFor(next);
  return epoch === undefined ? [next, effects] : [{ ...next, pending: "make" }, [...effects, make(epoch)]];
};

/** Whatever it was given for. */
const grantForAnyEpoch: Step = (state, event) => {
  const [next, effects] = step(state, event);
  const grant = event.kind === "grant" ? event.grant : state.grant;
  const epoch = waitingFor(next);
  if (grant === undefined || epoch === undefined) return [{ ...next, grant }, effects];
  return [{ ...next, grant, pending: "make" }, [...effects, make(epoch)]];
};

/** When it wants out it releases while postgres is still being stopped. */
const releasesBeforeExit: Step = (state, event) => {
  const [next, effects] = step(state, event);
  const epoch = next.shared?.seen.epoch;
  const stops = effects.some((effect) => effect.do === "stop-postgres");
  if (!stops || epoch === undefined || next.intent === "serve") return [next, effects];
  return [next, [...effects, { do: "release-epoch", number: epoch.number, because: "a mutant does not wait" }]];
};

/** A restarted agent takes the epoch that its predecessor made for its own, though that one may have asked to release it. */
const goesOnInOldEpoch: Step = (state, event) => {
  const epoch = event.kind === "shared-read" ? event.seen.epoch : undefined;
  const isOurs = epoch !== undefined && epoch.holder === state.instanceId && !epoch.released;
  const isNew = state.ownEpoch === undefined && state.pending === "none" && state.intent === "serve";
  return step(isOurs && isNew ? { ...state, ownEpoch: epoch.number } : state, event);
};

/** The postmaster's exit counts as the end of all its processes. */
const exitIsEnough: Step = (state, event) => {
  const [next, effects] = step(state, event);
  if (event.kind !== "postgres-exited" || state.postgres.is !== "started") return [next, effects];
  const [absent, more] = step(next, { kind: "lock-acquired", order: next.shared?.order ?? 0 });
  return [absent, [...effects.filter((effect) => effect.do !== "take-lock"), ...more]];
};

export const agentMutants = {
  startsWithoutGrant,
  grantForAnyEpoch,
  releasesBeforeExit,
  goesOnInOldEpoch,
  exitIsEnough,
};
