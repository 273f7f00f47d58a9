import { EVENT_ROUNDS_MAX, EVENT_ROUNDS_MIN, INVOCATION_MS_MAX, ROUND_RESERVE_MS } from "../constants.ts";
import { decide, NONE_ONLINE } from "../decision/decide.ts";
import type { Plan } from "../decision/plan.ts";
import { messageOf } from "../errors.ts";
import type { Surroundings } from "../surroundings.ts";
import { addRound, NOTHING_TALLIED, putMetrics } from "./metrics.ts";
import { type Judge, type Memory, NOTHING_REMEMBERED, pauseAfter, type Round, runRound } from "./round.ts";

interface Invocation {
  /** `schedule` uses the whole minute, `event` ends once it has looked twice and a primary serves, or a few times more. */
  readonly trigger: "schedule" | "event";
  readonly remaining_ms: () => number;
}

/**
 * Observes, decides and acts, round after round, until the minute is nearly over. Returns the last round's result; `remember`
 * is told what the next round, or the next invocation of a warm function, needs.
 */
export async function runRounds(
  around: Surroundings,
  remembered: Memory,
  invocation: Invocation,
  remember: (memory: Memory) => void,
  judge: Judge = decide,
): Promise<Plan["result"]> {
  const { clock } = around;
  const end_ms = clock.now_ms() + INVOCATION_MS_MAX;
  let memory = remembered;
  let tally = NOTHING_TALLIED;
  let result: Plan["result"] = { statusCode: 403, body: NONE_ONLINE };
  await clock.sleep(pauseAfter(memory, around));
  for (let count = 1; ; count += 1) {
    const started_ms = clock.now_ms();
    const round = await tryRound(around, memory, count === 1, judge);
    memory = round?.memory ?? { ...NOTHING_REMEMBERED, at_ms: started_ms, sentence: memory.sentence };
    remember(memory);
    tally = addRound(tally, round, invocation.trigger);
    result = round?.plan.result ?? result;
    const isSettled = round !== undefined && round.plan.online > 0 && round.done.routeChanges === 0;
    if (invocation.trigger === "event" && count >= (isSettled ? EVENT_ROUNDS_MIN : EVENT_ROUNDS_MAX)) break;
    const pause_ms = pauseAfter(memory, around);
    const isLate = clock.now_ms() + pause_ms > end_ms;
    if (isLate || invocation.remaining_ms() - pause_ms < ROUND_RESERVE_MS) break;
    await clock.sleep(pause_ms);
  }
  await putMetrics(around, tally);
  return result;
}

/** `undefined`: EC2 did not answer. Nothing was seen, so nothing is done, and the next round compares with nothing. */
async function tryRound(
  around: Surroundings,
  memory: Memory,
  isFirst: boolean,
  judge: Judge,
): Promise<Round | undefined> {
  try {
    return await runRound(around, memory, isFirst, judge);
  } catch (error) {
    around.log("error", `this round failed and changed nothing: ${messageOf(error)}`, { code: "round-failed" });
    return undefined;
  }
}
