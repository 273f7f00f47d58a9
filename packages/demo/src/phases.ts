import {
  BASELINE_MS,
  READ_BACK_DEADLINE_MS,
  RECOVERY_DEADLINE_MS,
  SETTLE_MS,
  SPREAD_DEADLINE_MS,
  SPREAD_MS,
} from "./constants.ts";
import { climb, firstRamp, keep, type Ramp } from "./ramp.ts";
import type { Situation } from "./situation.ts";
import { deadlines, isKnown, type Stack, stackOf } from "./stack.ts";

/** The demo as a state machine: pure, so that each way through it can be tested without a cloud. */
export type PhaseName =
  | "baseline"
  | "high-CPU alarm"
  | "scale out"
  | "all serve"
  | "failover"
  | "writes again"
  | "low-CPU alarm"
  | "scale in"
  | "read back";

export type Effect =
  | { readonly kind: "start load"; readonly connections: number }
  | { readonly kind: "resize load"; readonly connections: number }
  | { readonly kind: "stop load" }
  | { readonly kind: "terminate"; readonly instanceId: string }
  | { readonly kind: "read back" };

export interface PhaseRecord {
  readonly name: PhaseName;
  readonly start_ms: number;
  readonly end_ms: number | undefined;
  readonly failure: string | undefined;
}

export interface DemoState {
  /** Ends with the present one, until `isOver`. */
  readonly phases: readonly PhaseRecord[];
  readonly isOver: boolean;
  /** Size of the web group before the load. */
  readonly base: number;
  /** Everything that ever was a healthy target. */
  readonly healthySeen: readonly string[];
  readonly healthyPeak: number;
  readonly lost: { readonly instanceId: string; readonly t_ms: number } | undefined;
  readonly movedTo: string | undefined;
  /** As it is while it rests; absent until it was seen. */
  readonly stack: Stack | undefined;
  /** By how many the group was larger than its minimum when it was first seen. */
  readonly tooMany: number;
  readonly seesAlarms: boolean;
  /** Absent while there is no load. */
  readonly ramp: Ramp | undefined;
  /** Why there was not enough load, once that is known. */
  readonly gaveUp: string | undefined;
}

interface Phase {
  /** Ends the sentence "Waiting for ...", and names the promise when the deadline passes. */
  readonly waitsFor: (state: DemoState) => string;
  readonly deadline_ms: (stack: Stack, state: DemoState) => number;
  readonly isReached: (situation: Situation, state: DemoState, since_ms: number) => boolean;
  /** What to do when the phase begins. */
  readonly begin: (situation: Situation, state: DemoState) => readonly Effect[];
  /** Where to go on with this stack. */
  readonly next: (stack: Stack) => PhaseName | undefined;
  /** Where to go on when it failed, if not to `next`. */
  readonly onFailure?: PhaseName;
  /** How the load follows what it causes. */
  readonly steer?: typeof climb;
}

const nothing = () => [];
const hold: typeof climb = (ramp) => ramp;

const PHASES: Readonly<Record<PhaseName, Phase>> = {
  baseline: {
    waitsFor: () => "a web group at rest at its minimum, an active database and an acknowledged write",
    deadline_ms: (stack, { tooMany }) => deadlines.baseline(stack, tooMany),
    isReached: (now, _, since_ms) =>
      now.now_ms - since_ms >= BASELINE_MS &&
      now.healthy.length >= 1 &&
      now.healthy.length === now.desired &&
      now.holder !== undefined &&
      isKnown(now) &&
      now.highAlarm !== "ALARM" &&
      (now.webMin === undefined || now.desired === now.webMin) &&
      now.acknowledged > 0,
    begin: nothing,
    next: ({ cannotScale }) => (cannotScale === undefined ? "high-CPU alarm" : "all serve"),
    // Nothing that follows would mean anything.
    onFailure: "read back",
  },
  "high-CPU alarm": {
    waitsFor: ({ seesAlarms }) => (seesAlarms ? "the high-CPU alarm" : "the web group to grow"),
    deadline_ms: deadlines.highAlarm,
    // A group that grows needs no alarm any more.
    isReached: (now, state) => now.highAlarm === "ALARM" || (now.desired ?? 0) > state.base,
    begin: startLoad,
    next: () => "scale out",
    steer: climb,
  },
  "scale out": {
    waitsFor: (state) => `${state.base + 1} healthy web instances`,
    deadline_ms: deadlines.scaleOut,
    isReached: (now, state) => now.healthy.length > state.base && now.healthy.length >= (now.desired ?? 0),
    begin: nothing,
    next: () => "all serve",
    onFailure: "failover",
    steer: hold,
  },
  "all serve": {
    waitsFor: (state) =>
      `an answer from every web instance${state.stack?.hasStandby === false ? "" : ", and a standby database"}`,
    deadline_ms: () => SPREAD_DEADLINE_MS,
    isReached: (now, state, since_ms) =>
      now.now_ms - since_ms >= SPREAD_MS &&
      (state.stack?.hasStandby === false || now.databasesInService >= 2) &&
      now.healthy.every((id) => now.served.includes(id)),
    // A group that cannot grow comes here first.
    begin: (now, state) => (state.ramp === undefined && state.gaveUp === undefined ? startLoad(now, state) : []),
    next: () => "failover",
  },
  failover: {
    waitsFor: (state) => `the virtual IP to leave ${state.lost?.instanceId ?? "the lost database"}`,
    deadline_ms: deadlines.failover,
    isReached: (now, state) => now.holder !== undefined && now.holder !== state.lost?.instanceId,
    begin: (now) => (now.holder === undefined ? [] : [{ kind: "terminate", instanceId: now.holder }]),
    next: () => "writes again",
    // What is measured now is not to be disturbed by another load.
    steer: hold,
  },
  "writes again": {
    waitsFor: () => "acknowledged writes, and a minute to settle",
    deadline_ms: () => RECOVERY_DEADLINE_MS,
    isReached: (now) => now.recovered_ms !== undefined && now.now_ms - now.recovered_ms >= SETTLE_MS,
    begin: nothing,
    next: ({ cannotScale }) => (cannotScale === undefined ? "low-CPU alarm" : "read back"),
    steer: hold,
  },
  "low-CPU alarm": {
    waitsFor: ({ seesAlarms }) => (seesAlarms ? "the low-CPU alarm" : "the web group to shrink"),
    deadline_ms: deadlines.lowAlarm,
    // With the instance it was for gone already, the alarm has done its work.
    isReached: (now, state) => now.lowAlarm === "ALARM" || (now.desired !== undefined && now.desired <= state.base),
    begin: () => [{ kind: "stop load" }],
    next: () => "scale in",
  },
  "scale in": {
    waitsFor: (state) => `${state.base} web instances`,
    deadline_ms: (stack, state) => deadlines.scaleIn(stack, state.healthyPeak - state.base),
    isReached: (now, state) => now.desired === state.base && now.inService === state.base && now.targets === state.base,
    begin: nothing,
    next: () => "read back",
  },
  "read back": {
    waitsFor: () => "all acknowledged writes to be read back",
    deadline_ms: () => READ_BACK_DEADLINE_MS,
    isReached: (now) => now.readBack === "done",
    begin: () => [{ kind: "stop load" }, { kind: "read back" }],
    next: () => undefined,
  },
};

function startLoad(now: Situation, { base, stack }: DemoState): readonly Effect[] {
  const { connections } = firstRamp(base, stack ?? stackOf(now), now);
  return [{ kind: "start load", connections }];
}

export function firstState(now_ms: number): DemoState {
  return {
    phases: [{ name: "baseline", start_ms: now_ms, end_ms: undefined, failure: undefined }],
    isOver: false,
    base: 2,
    healthySeen: [],
    healthyPeak: 0,
    lost: undefined,
    movedTo: undefined,
    stack: undefined,
    ramp: undefined,
    gaveUp: undefined,
    tooMany: 0,
    seesAlarms: true,
  };
}

/** One look at the situation: the state after it, and what is to be done now. */
export function step(before: DemoState, situation: Situation): readonly [DemoState, readonly Effect[]] {
  if (before.isOver) return [before, []];
  const remembered = remember(before, situation);
  const current = presentPhase(remembered);
  if (current === undefined) return [remembered, []];
  const [state, effects] = steer(remembered, situation, current.name);
  const phase = PHASES[current.name];
  const stack = state.stack ?? stackOf(situation);
  const failure = failureOf(state, situation, current);
  if (phase.isReached(situation, state, current.start_ms)) {
    return after(effects, enter(state, situation, phase.next(stack), undefined));
  }
  if (failure === undefined) return [state, effects];
  // What never had enough load is not waited for.
  const next = current.name === "high-CPU alarm" && state.gaveUp !== undefined ? "failover" : phase.onFailure;
  return after(effects, enter(state, situation, next ?? phase.next(stack), failure));
}

function after(
  first: readonly Effect[],
  [state, then]: readonly [DemoState, readonly Effect[]],
): readonly [DemoState, readonly Effect[]] {
  return [state, [...first, ...then]];
}

/** The load follows what it causes. */
function steer(state: DemoState, situation: Situation, name: PhaseName): readonly [DemoState, readonly Effect[]] {
  const { ramp, stack } = state;
  if (ramp === undefined || stack === undefined) return [state, []];
  const isAtMax = stack.room <= 1 || situation.desired === situation.webMax;
  const next = PHASES[name].steer?.(ramp, situation, stack) ?? keep(ramp, situation, stack, isAtMax);
  const gaveUp = state.gaveUp ?? next.gaveUp;
  if (next.connections === 0) return [{ ...state, ramp: undefined, gaveUp }, [{ kind: "stop load" }]];
  const isResized = next.connections !== ramp.connections;
  return [{ ...state, ramp: next, gaveUp }, isResized ? [{ kind: "resize load", connections: next.connections }] : []];
}

/** What the present phase waits for, as the end of "Waiting for ...". */
export function waiting(state: DemoState): string | undefined {
  const current = presentPhase(state);
  return current === undefined ? undefined : PHASES[current.name].waitsFor(state);
}

export function presentPhase(state: DemoState): PhaseRecord | undefined {
  const last = state.phases.at(-1);
  return last?.end_ms === undefined ? last : undefined;
}

function remember(state: DemoState, situation: Situation): DemoState {
  const name = presentPhase(state)?.name;
  const healthySeen = [...new Set([...state.healthySeen, ...situation.healthy])];
  const { holder } = situation;
  const rests = name === "baseline";
  const { desired, webMin } = situation;
  const hasMoved = state.lost !== undefined && holder !== undefined && holder !== state.lost.instanceId;
  return {
    ...state,
    base: rests ? (desired ?? state.base) : state.base,
    stack: rests ? stackOf(situation) : state.stack,
    seesAlarms: rests ? situation.highAlarm !== undefined : state.seesAlarms,
    tooMany: Math.max(state.tooMany, rests ? (desired ?? 0) - (webMin ?? desired ?? 0) : 0),
    healthySeen: healthySeen.length === state.healthySeen.length ? state.healthySeen : healthySeen,
    healthyPeak: Math.max(state.healthyPeak, situation.healthy.length),
    movedTo: state.movedTo ?? (hasMoved ? holder : undefined),
  };
}

function failureOf(state: DemoState, situation: Situation, current: PhaseRecord): string | undefined {
  if (current.name === "failover" && state.lost === undefined) {
    return "there was no active database to take away";
  }
  if (current.name === "read back" && typeof situation.readBack === "object") return situation.readBack.failure;
  const isSettled = situation.now_ms - current.start_ms >= BASELINE_MS;
  if (current.name === "baseline" && isSettled && situation.refusal !== undefined) return situation.refusal;
  if (current.name === "high-CPU alarm" && state.gaveUp !== undefined) return state.gaveUp;
  const { deadline_ms, waitsFor } = PHASES[current.name];
  const limit_ms = deadline_ms(state.stack ?? stackOf(situation), state);
  // Of the alarm, from the last change of the load on.
  const since_ms =
    current.name === "high-CPU alarm" ? Math.max(current.start_ms, state.ramp?.since_ms ?? 0) : current.start_ms;
  if (situation.now_ms - since_ms < limit_ms) return undefined;
  return `waited ${Math.round(limit_ms / 1000)} s of cloud time for ${waitsFor(state)}`;
}

function enter(
  state: DemoState,
  situation: Situation,
  next: PhaseName | undefined,
  failure: string | undefined,
): readonly [DemoState, readonly Effect[]] {
  const { now_ms } = situation;
  const closed = state.phases.map((record) =>
    record.end_ms === undefined ? { ...record, end_ms: now_ms, failure } : record,
  );
  if (next === undefined) return [{ ...state, phases: closed, isOver: true }, []];
  const effects = PHASES[next].begin(situation, state);
  const terminated = effects.find((effect) => effect.kind === "terminate");
  const isStarted = effects.some((effect) => effect.kind === "start load");
  const isStopped = effects.some((effect) => effect.kind === "stop load");
  const started = isStarted ? firstRamp(state.base, state.stack ?? stackOf(situation), situation) : state.ramp;
  return [
    {
      ...state,
      phases: [...closed, { name: next, start_ms: now_ms, end_ms: undefined, failure: undefined }],
      ramp: isStopped ? undefined : started,
      lost: terminated === undefined ? state.lost : { instanceId: terminated.instanceId, t_ms: now_ms },
    },
    effects,
  ];
}
