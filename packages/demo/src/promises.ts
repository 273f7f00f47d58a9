import type { RequestFailure } from "@cloudy/loadtest/generator-contract.ts";
import type { Comparison } from "@cloudy/loadtest/ledger.ts";
import { elapsed } from "@cloudy/observer/elapsed.ts";
import type { PromiseResult, Run } from "@cloudy/observer/run.ts";
import {
  FAILOVER_PROMISE_S,
  FAILURES_TOLD_MAX,
  GENERATOR_CPU_PERCENT_MAX,
  GENERATOR_DELAY_MS_MAX,
  SETTLE_MS,
} from "./constants.ts";
import type { DemoState, PhaseName } from "./phases.ts";
import { failoverPromise_s } from "./stack.ts";

/** Everything the verdict is drawn from. Cloud time, except for the failures' own (see `toCloud_ms`). */
export interface Findings {
  readonly state: DemoState;
  readonly speed: number;
  readonly shares: Run["responses"];
  /** Responses by hostname while all instances were in service. */
  readonly balanced: ReadonlyMap<string, number>;
  readonly recovered_ms: number | undefined;
  readonly comparison: Comparison | undefined;
  readonly failures: readonly RequestFailure[];
  readonly toCloud_ms: (wall_ms: number) => number;
  readonly generator: { readonly cpu_percent: number; readonly delay_ms: number } | undefined;
}

type PromiseCode =
  | "scaled-out"
  | "scaled-in"
  | "every-instance-answered"
  | "shares"
  | "failover"
  | "no-write-lost"
  | "no-write-doubled"
  | "unanswered-writes"
  | "no-errors"
  | "generator-free";

interface Judged extends PromiseResult {
  readonly code: PromiseCode;
}

/** The promises and how they stand. `held` is undefined while it cannot be told, and for information. */
export function judge(findings: Findings): Judged[] {
  return [
    scaledOut(findings),
    scaledIn(findings),
    everyInstanceServed(findings),
    loadBalanced(findings),
    failover(findings),
    ...writes(findings),
    noErrors(findings),
    generatorFree(findings),
  ];
}

/** Why no verdict can be drawn at all. */
export function voidedBy({ generator }: Findings): string[] {
  if (generator === undefined) return [];
  const { cpu_percent, delay_ms } = generator;
  const reasons: string[] = [];
  if (cpu_percent > GENERATOR_CPU_PERCENT_MAX) {
    reasons.push(
      `The load generator used ${round(cpu_percent)} % of a core (at most ${GENERATOR_CPU_PERCENT_MAX} %): latencies are partly its own.`,
    );
  }
  if (delay_ms > GENERATOR_DELAY_MS_MAX) {
    reasons.push(
      `The load generator's event loop was ${round(delay_ms)} ms late (p99, at most ${GENERATOR_DELAY_MS_MAX} ms): latencies are partly its own.`,
    );
  }
  return reasons;
}

/** True only if every promise was held and the run proves anything. */
export function isHeld(promises: readonly PromiseResult[], voided: readonly string[]): boolean {
  return voided.length === 0 && promises.every((promise) => promise.held === true || promise.required === "");
}

/** A group that cannot grow promises nothing of it. */
function notShown(state: DemoState): Pick<Judged, "held" | "measured" | "required" | "unit"> | undefined {
  const reason = state.stack?.cannotScale;
  return reason === undefined
    ? undefined
    : { held: undefined, measured: `not shown: ${reason}`, required: "", unit: "" };
}

function scaledOut({ state }: Findings): Judged {
  const named = { code: "scaled-out", name: "scaled out under load" } as const;
  const left = notShown(state);
  if (left !== undefined) return { ...named, ...left };
  const required = state.base + 1;
  const isReached = state.healthyPeak >= required;
  return {
    ...named,
    // Without enough load nobody can say what the group would have done.
    held: isReached ? true : state.gaveUp === undefined ? decidedAfter(state, "scale out", false) : undefined,
    ...(isReached || state.gaveUp === undefined ? {} : { details: [`not enough load: ${state.gaveUp}`] }),
    measured: String(state.healthyPeak),
    required: String(required),
    unit: "instances in service",
  };
}

function scaledIn({ state }: Findings): Judged {
  const named = { code: "scaled-in", name: "scaled in afterwards" } as const;
  const left = notShown(state);
  if (left !== undefined) return { ...named, ...left };
  const phase = state.phases.find((record) => record.name === "scale in");
  const isDone = phase?.end_ms !== undefined && phase.failure === undefined;
  // Back to two from two is no scaling in.
  const hasGrown = state.healthyPeak > state.base;
  return {
    ...named,
    held:
      !hasGrown && state.gaveUp !== undefined ? undefined : isDone ? hasGrown : decidedAfter(state, "scale in", false),
    measured: isDone ? String(state.base) : "",
    required: String(state.base),
    unit: "instances in service",
  };
}

function everyInstanceServed({ state, shares }: Findings): Judged {
  const served = state.healthySeen.filter((id) => shares.some((share) => share.instanceId === id));
  const isAll = served.length === state.healthySeen.length && served.length > 0;
  return {
    code: "every-instance-answered",
    name: "every instance in service answered",
    held: state.isOver ? isAll : undefined,
    measured: `${served.length} of ${state.healthySeen.length}`,
    required: "all",
    unit: "",
  };
}

function loadBalanced({ balanced }: Findings): Judged {
  const counts = [...balanced.values()];
  const least = Math.min(...counts);
  return {
    code: "shares",
    name: "largest to smallest share of responses while all were in service",
    held: undefined,
    measured: counts.length < 2 || least === 0 ? "" : (Math.max(...counts) / least).toFixed(2),
    required: "",
    unit: "",
  };
}

function failover({ state, recovered_ms, speed }: Findings): Judged {
  const { lost, movedTo } = state;
  const cloud_s = lost === undefined || recovered_ms === undefined ? undefined : (recovered_ms - lost.t_ms) / 1000;
  const wall = speed === 1 || cloud_s === undefined ? "" : ` (${(cloud_s / speed).toFixed(1)} s wall)`;
  const isOver =
    state.isOver || state.phases.some((record) => record.name === "writes again" && record.end_ms !== undefined);
  const required_s = state.stack === undefined ? FAILOVER_PROMISE_S : failoverPromise_s(state.stack);
  const isHealed = cloud_s !== undefined && movedTo !== undefined;
  return {
    code: "failover",
    name: "failover: from termination to the next acknowledged write",
    held: isOver ? isHealed && cloud_s <= required_s : undefined,
    measured: cloud_s === undefined ? (isOver ? "never" : "") : `${round(cloud_s)} s${wall}`,
    required: `at most ${required_s} s`,
    unit: "",
  };
}

function writes({ comparison, state }: Findings): Judged[] {
  const shown = (count: number | undefined) =>
    comparison === undefined || count === undefined
      ? state.isOver
        ? "not readable"
        : ""
      : `${count} of ${comparison.acknowledged}`;
  const held = (count: number | undefined) =>
    count === undefined || comparison?.acknowledged === 0 ? (state.isOver ? false : undefined) : count === 0;
  const lost = comparison?.lost.length;
  const doubled = comparison?.doubled.length;
  return [
    {
      code: "no-write-lost",
      name: "no acknowledged write was lost",
      held: held(lost),
      measured: shown(lost),
      required: "0",
      unit: "",
    },
    {
      code: "no-write-doubled",
      name: "no write was doubled",
      held: held(doubled),
      measured: shown(doubled),
      required: "0",
      unit: "",
    },
    {
      code: "unanswered-writes",
      name: "writes without an answer, and how many of them were stored",
      held: undefined,
      measured: comparison === undefined ? "" : `${comparison.unanswered}, ${comparison.unansweredButStored} stored`,
      required: "",
      unit: "",
    },
  ];
}

/** Failures that the failover does not excuse: it excuses writes that overlap with it, and nothing else. */
export function unexcused(findings: Findings): RequestFailure[] {
  const { failures, state, recovered_ms, toCloud_ms } = findings;
  const from_ms = state.lost?.t_ms ?? Number.POSITIVE_INFINITY;
  const until_ms = (recovered_ms ?? Number.POSITIVE_INFINITY) + SETTLE_MS;
  return failures.filter(
    (failure) =>
      failure.request !== "POST /users" ||
      toCloud_ms(failure.done_ms) < from_ms ||
      toCloud_ms(failure.sent_ms) > until_ms,
  );
}

function noErrors(findings: Findings): Judged {
  const failures = unexcused(findings);
  const count = failures.length;
  return {
    code: "no-errors",
    name: "no failed request, except for writes during the failover",
    held: count > 0 ? false : findings.state.isOver ? true : undefined,
    measured: `${count} of ${findings.failures.length} failed`,
    required: "0",
    unit: "",
    details: tellFailures(failures, findings),
  };
}

/** When each was sent since the start of the run, and what came of it. */
function tellFailures(failures: readonly RequestFailure[], { state, toCloud_ms }: Findings): string[] {
  const start_ms = state.phases[0]?.start_ms ?? 0;
  const told = failures.slice(0, FAILURES_TOLD_MAX).map(({ request, reason, sent_ms, done_ms }) => {
    const after_s = ((done_ms - sent_ms) / 1000).toFixed(1);
    return `${elapsed(toCloud_ms(sent_ms) - start_ms)} ${request}: ${reason} after ${after_s} s`;
  });
  const left = failures.length - told.length;
  return left > 0 ? [...told, `and ${left} more`, ...tellKinds(failures)] : told;
}

/** How often each kind, where there is more than one. */
function tellKinds(failures: readonly RequestFailure[]): string[] {
  const kinds = Map.groupBy(failures, ({ request, reason }) => `${request}: ${reason}`);
  if (kinds.size < 2) return [];
  const told = [...kinds].sort(([, a], [, b]) => b.length - a.length).slice(0, FAILURES_TOLD_MAX);
  return [`in all: ${told.map(([kind, all]) => `${all.length} × ${kind}`).join(", ")}`];
}

function generatorFree(findings: Findings): Judged {
  const { generator, state } = findings;
  return {
    code: "generator-free",
    name: "load generator not saturated",
    held: state.isOver ? generator !== undefined && voidedBy(findings).length === 0 : undefined,
    measured:
      generator === undefined ? "" : `${round(generator.cpu_percent)} % CPU, ${round(generator.delay_ms)} ms late`,
    required: `at most ${GENERATOR_CPU_PERCENT_MAX} %, ${GENERATOR_DELAY_MS_MAX} ms`,
    unit: "",
  };
}

function decidedAfter(state: DemoState, name: PhaseName, held: boolean): boolean | undefined {
  const isPast = state.phases.some((record) => record.name === name && record.end_ms !== undefined);
  return isPast || state.isOver ? held : undefined;
}

function round(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toFixed(1);
}
