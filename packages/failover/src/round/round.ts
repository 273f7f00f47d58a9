import { SOON_MS } from "../constants.ts";
import { type Look, lookAgain } from "../decision/absence.ts";
import { decide } from "../decision/decide.ts";
import type { Observation } from "../decision/observation.ts";
import type { Plan } from "../decision/plan.ts";
import type { FailoverSettings } from "../settings.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Done, execute } from "./execute.ts";
import { observe } from "./observe.ts";

/** What a round needs to know of the one before, also across invocations of a warm function. */
export interface Memory {
  /** When the round before began; `undefined`: there was none. */
  readonly at_ms: number | undefined;
  readonly took_ms: number;
  /** What it saw; `undefined`: EC2 did not answer it. */
  readonly last: { readonly observation: Observation; readonly soon: boolean } | undefined;
  readonly look: Look | undefined;
  /** The last sentence that was logged: it is repeated only once an invocation. */
  readonly sentence: string | undefined;
}

export const NOTHING_REMEMBERED: Memory = {
  at_ms: undefined,
  took_ms: 0,
  last: undefined,
  look: undefined,
  sentence: undefined,
};

export interface Round {
  readonly memory: Memory;
  readonly plan: Plan;
  readonly observation: Observation;
  readonly done: Done;
  /** Time without a writer that this round found. */
  readonly without_s: number;
}

/** What turns two observations into a plan: decide(), or what a simulation puts in its place to see whether it notices. */
export type Judge = typeof decide;

/** Observes, decides and acts once. Throws when EC2 does not answer. */
export async function runRound(
  around: Surroundings,
  memory: Memory,
  isFirst: boolean,
  judge: Judge = decide,
): Promise<Round> {
  const { settings, clock, log } = around;
  const at_ms = clock.now_ms();
  const observation = await observe(around, isRecent(memory, at_ms, settings) ? memory.last?.observation : undefined);
  const plan = judge(observation, comparable(memory, at_ms, settings));
  if (isFirst || plan.sentence !== memory.sentence)
    log("info", plan.sentence, { code: plan.code, online: plan.online });
  const seen = { at_ms, online: plan.blind ? undefined : plan.online };
  const { look, without_s, outage_s } = lookAgain(memory.look, seen, gap_ms_max(settings));
  if (outage_s !== undefined) {
    log("info", `A primary serves again, ${outage_s.toFixed(1)} s after none was first missed`, {
      code: "writer-back",
      outage_s,
    });
  }
  const done = await execute(around, plan.actions, { sayKept: isFirst });
  const took_ms = clock.now_ms() - at_ms;
  const next = { at_ms, took_ms, last: { observation, soon: plan.soon }, look, sentence: plan.sentence };
  return { memory: next, plan, observation, done, without_s };
}

/**
 * Two rounds that count as two are never closer than ROUND_SECONDS, or a process that is just restarting would be missed by both.
 * Hurried ones leave as much time as they take, so that they do not add to what makes them slow.
 */
export function pauseAfter({ at_ms, took_ms, last }: Memory, { settings, clock }: Surroundings): number {
  if (at_ms === undefined) return 0;
  const { round_ms } = settings;
  const hurried_ms = Math.max(Math.min(SOON_MS, round_ms), took_ms + Math.min(took_ms, round_ms));
  const pause_ms = last?.soon === true ? hurried_ms : round_ms;
  // A clock that was set back puts nothing off.
  return Math.max(0, Math.min(pause_ms, at_ms + pause_ms - clock.now_ms()));
}

/** The round before, to compare with: not one of long ago, not one of a moment ago. */
function comparable(memory: Memory, now_ms: number, settings: FailoverSettings): Observation | undefined {
  if (memory.last === undefined || memory.at_ms === undefined || !isRecent(memory, now_ms, settings)) return undefined;
  const isApart = !memory.last.soon || now_ms - memory.at_ms >= settings.round_ms;
  return isApart ? memory.last.observation : undefined;
}

/**
 * A round of long ago is no round before: the function may have been frozen in between. Neither is one of the future: how long ago
 * that was nobody knows since the clock was set back.
 */
function isRecent({ at_ms }: Memory, now_ms: number, settings: FailoverSettings): boolean {
  return at_ms !== undefined && now_ms >= at_ms && now_ms - at_ms <= gap_ms_max(settings);
}

function gap_ms_max(settings: FailoverSettings): number {
  return 2 * settings.round_ms + settings.probe_ms;
}
