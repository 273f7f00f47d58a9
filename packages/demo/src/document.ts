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
  readonly facts: Run["facts"];
}): Run {
  const { findings, system, load, start_ms, now_ms, facts } = parts;
  const { state } = findings;
  const promises = judge(findings);
  const voided = state.isOver ? voidedBy(findings) : [];
  return {
    title: "Cloudy: scaling and failover",
    status: state.isOver ? "finished" : "running",
    headline: state.isOver ? verdict(promises, voided) : `Waiting for ${waiting(state) ?? "the system"}`,
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

function verdict(promises: readonly PromiseResult[], voided: readonly string[]): string {
  if (voided.length > 0) return "The load generator was saturated: this run proves nothing";
  const kept = promises.filter((promise) => promise.required !== "");
  const broken = kept.filter((promise) => promise.held !== true);
  if (broken.length === 0) return `All ${kept.length} promises were held`;
  const names = broken.map((promise) => promise.name).join("; ");
  return `${broken.length} of ${kept.length} promises ${broken.length === 1 ? "was" : "were"} broken: ${names}`;
}
