import { EVENT_ROUNDS_MIN, INVOCATION_MS_MAX, ROUND_RESERVE_MS } from "./constants.ts";
import { decide, NONE_ONLINE } from "./decide.ts";
import { messageOf } from "./errors.ts";
import { execute } from "./execute.ts";
import { putMetrics, type Tally } from "./metrics.ts";
import type { Observation } from "./observation.ts";
import { observe } from "./observe.ts";
import type { Plan } from "./plan.ts";
import type { FailoverSettings } from "./settings.ts";
import type { Surroundings } from "./surroundings.ts";

/** The round before, also across invocations of a warm function: a fence needs two in a row. */
export interface Memory {
  previous: { readonly observation: Observation; readonly at_ms: number } | undefined;
  /** The last sentence that was logged: it is repeated only once an invocation. */
  sentence: string | undefined;
}

export interface Invocation {
  /** `schedule` uses the whole minute, `event` ends once it has looked twice and a primary serves. */
  readonly trigger: "schedule" | "event";
  readonly remaining_ms: () => number;
}

/** Observes, decides and acts, round after round, until the minute is nearly over. Returns the last round's result. */
export async function runRounds(around: Surroundings, memory: Memory, invocation: Invocation): Promise<Plan["result"]> {
  const { settings, clock } = around;
  const end_ms = clock.now_ms() + INVOCATION_MS_MAX;
  let tally: Tally = { online: [], routeChanges: 0, fences: 0 };
  let result: Plan["result"] = { statusCode: 403, body: NONE_ONLINE };
  await clock.sleep(pauseAfter(memory.previous, around));
  for (let round = 1; ; round += 1) {
    const started_ms = clock.now_ms();
    try {
      const { plan, ...done } = await runRound(around, memory, round === 1);
      result = plan.result;
      tally = {
        online: [...tally.online, plan.online],
        routeChanges: tally.routeChanges + done.routeChanges,
        fences: tally.fences + done.fences,
      };
      const isSettled = plan.online > 0 && done.routeChanges === 0;
      if (invocation.trigger === "event" && round >= EVENT_ROUNDS_MIN && isSettled) break;
    } catch (error) {
      // EC2 did not answer: nothing was seen, so nothing is done, and the next round compares with nothing.
      memory.previous = undefined;
      around.log("error", `this round failed and changed nothing: ${messageOf(error)}`);
    }
    const pause_ms = Math.max(0, started_ms + settings.round_ms - clock.now_ms());
    const next_ms = clock.now_ms() + pause_ms;
    if (next_ms > end_ms || invocation.remaining_ms() - pause_ms < ROUND_RESERVE_MS) break;
    await clock.sleep(pause_ms);
  }
  await putMetrics(around, tally);
  return result;
}

async function runRound(around: Surroundings, memory: Memory, isFirst: boolean) {
  const { settings, clock, log } = around;
  const at_ms = clock.now_ms();
  const observation = await observe(around);
  const plan = decide(observation, recent(memory, at_ms, settings));
  memory.previous = { observation, at_ms };
  if (isFirst || plan.sentence !== memory.sentence) log("info", plan.sentence, { online: plan.online });
  memory.sentence = plan.sentence;
  const done = await execute(around, plan.actions, { sayKept: isFirst });
  return { plan, ...done };
}

/** A round of long ago is no round before: the function may have been frozen in between. */
function recent({ previous }: Memory, now_ms: number, settings: FailoverSettings): Observation | undefined {
  if (previous === undefined) return undefined;
  const isRecent = now_ms - previous.at_ms <= 2 * settings.round_ms + settings.probe_ms;
  return isRecent ? previous.observation : undefined;
}

/** Two rounds are never closer than ROUND_SECONDS, or a process that is just restarting would be missed by both. */
function pauseAfter(previous: Memory["previous"], { settings, clock }: Surroundings): number {
  return previous === undefined ? 0 : Math.max(0, previous.at_ms + settings.round_ms - clock.now_ms());
}
