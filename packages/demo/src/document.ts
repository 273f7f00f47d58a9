import type { LoadSample, PromiseResult, Run, SystemView } from "@cloudy/observer/run.ts";
import { waiting } from "./phases.ts";
import { type Findings, judge, voidedBy } from "./promises.ts";

/** The run as the page and the report show it. Pure. */
export function runDocument(parts: {
  readonly findings: Findings;
  readonly system: SystemView;
  readonly load: readonly LoadSample[];
  readonly start_ms: number;
  readonly now_ms: number;
  /** Where the run was when it was ended from outside; then it is over without a verdict. */
  readonly interruption?: string | undefined;
  readonly facts: Run["facts"];
}): Run {
  const { findings, system, load, start_ms, now_ms, facts, interruption } = parts;
  const { state } = findings;
  const promises = judge(findings);
  const voided = state.isOver ? voidedBy(findings) : [];
  return {
    title: "Cloudy: scaling and failover",
    status: state.isOver || interruption !== undefined ? "finished" : "running",
    headline: headline(findings, promises, voided, interruption),
    speed: findings.speed,
    start_ms,
    now_ms,
    promises,
    voided,
    phases: state.phases,
    load,
    responses: findings.shares,
    system,
    facts,
  };
}

function headline(
  { state }: Findings,
  promises: readonly PromiseResult[],
  voided: readonly string[],
  interruption: string | undefined,
): string {
  if (state.isOver) return verdict(promises, voided);
  if (interruption === undefined) return `Waiting for ${waiting(state) ?? "the system"}`;
  const kept = promises.filter(isPromise);
  const held = kept.filter((promise) => promise.held === true).length;
  const broken = kept.filter((promise) => promise.held === false).length;
  return `Interrupted ${interruption}: of ${kept.length} promises ${held} held, ${broken} broken, ${kept.length - held - broken} not known`;
}

function verdict(promises: readonly PromiseResult[], voided: readonly string[]): string {
  if (voided.length > 0) return "The load generator was saturated: this run proves nothing";
  const kept = promises.filter(isPromise);
  const broken = kept.filter((promise) => promise.held === false);
  const open = kept.filter((promise) => promise.held === undefined);
  if (broken.length + open.length === 0) return `All ${kept.length} promises were held`;
  const said = (some: readonly PromiseResult[], what: string) => {
    if (some.length === 0) return [];
    const names = some.map((promise) => promise.name).join("; ");
    return [`${some.length} of ${kept.length} promises ${some.length === 1 ? "was" : "were"} ${what}: ${names}`];
  };
  return [...said(broken, "broken"), ...said(open, "not shown")].join(". ");
}

/** Figures without a requirement are there for information. */
function isPromise(promise: PromiseResult): boolean {
  return promise.required !== "";
}
