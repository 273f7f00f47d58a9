import {
  BASELINE_DEADLINE_MS,
  BASELINE_MS,
  FAILOVER_DEADLINE_MS,
  HIGH_ALARM_DEADLINE_MS,
  LOW_ALARM_DEADLINE_MS,
  READ_BACK_DEADLINE_MS,
  RECOVERY_DEADLINE_MS,
  SCALE_IN_DEADLINE_MS,
  SCALE_OUT_DEADLINE_MS,
  SETTLE_MS,
  SPREAD_DEADLINE_MS,
  SPREAD_MS,
} from "./constants.ts";
import type { Situation } from "./situation.ts";

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
  | { readonly kind: "start load" }
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
}

interface Phase {
  /** Ends the sentence "Waiting for ...", and names the promise when the deadline passes. */
  readonly waitsFor: (state: DemoState) => string;
  readonly deadline_ms: number;
  readonly isReached: (situation: Situation, state: DemoState, since_ms: number) => boolean;
  /** What to do when the phase begins. */
  readonly begin: (situation: Situation) => readonly Effect[];
  readonly next: PhaseName | undefined;
  /** Where to go on when it failed, if not to `next`. */
  readonly onFailure?: PhaseName;
}

const nothing = () => [];

const PHASES: Readonly<Record<PhaseName, Phase>> = {
  baseline: {
    waitsFor: () => "a web group at rest at its minimum of two or more, an active database and an acknowledged write",
    deadline_ms: BASELINE_DEADLINE_MS,
    isReached: (now, _, since_ms) =>
      now.now_ms - since_ms >= BASELINE_MS &&
      now.healthy.length >= 2 &&
      now.healthy.length === now.desired &&
      now.holder !== undefined &&
      now.highAlarm !== undefined &&
      now.highAlarm !== "ALARM" &&
      (now.webMin === undefined || now.desired === now.webMin) &&
      now.acknowledged > 0,
    begin: nothing,
    next: "high-CPU alarm",
    // Nothing that follows would mean anything.
    onFailure: "read back",
  },
  "high-CPU alarm": {
    waitsFor: () => "the high-CPU alarm",
    deadline_ms: HIGH_ALARM_DEADLINE_MS,
    isReached: (now) => now.highAlarm === "ALARM",
    begin: () => [{ kind: "start load" }],
    next: "scale out",
  },
  "scale out": {
    waitsFor: (state) => `${state.base + 1} healthy web instances`,
    deadline_ms: SCALE_OUT_DEADLINE_MS,
    isReached: (now, state) => now.healthy.length > state.base,
    begin: nothing,
    next: "all serve",
    onFailure: "failover",
  },
  "all serve": {
    waitsFor: () => "an answer from every web instance, and a standby database",
    deadline_ms: SPREAD_DEADLINE_MS,
    isReached: (now, _, since_ms) =>
      now.now_ms - since_ms >= SPREAD_MS &&
      now.databasesInService >= 2 &&
      now.healthy.every((id) => now.served.includes(id)),
    begin: nothing,
    next: "failover",
  },
  failover: {
    waitsFor: (state) => `the virtual IP to leave ${state.lost?.instanceId ?? "the lost database"}`,
    deadline_ms: FAILOVER_DEADLINE_MS,
    isReached: (now, state) => now.holder !== undefined && now.holder !== state.lost?.instanceId,
    begin: (now) => (now.holder === undefined ? [] : [{ kind: "terminate", instanceId: now.holder }]),
    next: "writes again",
  },
  "writes again": {
    waitsFor: () => "acknowledged writes, and a minute to settle",
    deadline_ms: RECOVERY_DEADLINE_MS,
    isReached: (now) => now.recovered_ms !== undefined && now.now_ms - now.recovered_ms >= SETTLE_MS,
    begin: nothing,
    next: "low-CPU alarm",
  },
  "low-CPU alarm": {
    waitsFor: () => "the low-CPU alarm",
    deadline_ms: LOW_ALARM_DEADLINE_MS,
    // With the instance it was for gone already, the alarm has done its work.
    isReached: (now, state) => now.lowAlarm === "ALARM" || (now.desired !== undefined && now.desired <= state.base),
    begin: () => [{ kind: "stop load" }],
    next: "scale in",
  },
  "scale in": {
    waitsFor: (state) => `${state.base} web instances`,
    deadline_ms: SCALE_IN_DEADLINE_MS,
    isReached: (now, state) => now.desired === state.base && now.inService === state.base && now.targets === state.base,
    begin: nothing,
    next: "read back",
  },
  "read back": {
    waitsFor: () => "all acknowledged writes to be read back",
    deadline_ms: READ_BACK_DEADLINE_MS,
    isReached: (now) => now.readBack === "done",
    begin: () => [{ kind: "stop load" }, { kind: "read back" }],
    next: undefined,
  },
};

export function firstState(now_ms: number): DemoState {
  return {
    phases: [{ name: "baseline", start_ms: now_ms, end_ms: undefined, failure: undefined }],
    isOver: false,
    base: 2,
    healthySeen: [],
    healthyPeak: 0,
    lost: undefined,
    movedTo: undefined,
  };
}

/** One look at the situation: the state after it, and what is to be done now. */
export function step(before: DemoState, situation: Situation): readonly [DemoState, readonly Effect[]] {
  if (before.isOver) return [before, []];
  const state = remember(before, situation);
  const current = presentPhase(state);
  if (current === undefined) return [state, []];
  const phase = PHASES[current.name];
  if (phase.isReached(situation, state, current.start_ms)) return enter(state, situation, phase.next, undefined);
  const failure = failureOf(state, situation, current);
  if (failure === undefined) return [state, []];
  return enter(state, situation, phase.onFailure ?? phase.next, failure);
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
  const hasMoved = state.lost !== undefined && holder !== undefined && holder !== state.lost.instanceId;
  return {
    ...state,
    base: name === "baseline" ? (situation.desired ?? state.base) : state.base,
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
  const { deadline_ms, waitsFor } = PHASES[current.name];
  if (situation.now_ms - current.start_ms < deadline_ms) return undefined;
  return `waited ${Math.round(deadline_ms / 1000)} s of cloud time for ${waitsFor(state)}`;
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
  const effects = PHASES[next].begin(situation);
  const terminated = effects.find((effect) => effect.kind === "terminate");
  return [
    {
      ...state,
      phases: [...closed, { name: next, start_ms: now_ms, end_ms: undefined, failure: undefined }],
      lost: terminated === undefined ? state.lost : { instanceId: terminated.instanceId, t_ms: now_ms },
    },
    effects,
  ];
}
