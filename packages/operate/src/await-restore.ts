import { setTimeout as pause } from "node:timers/promises";
import { messageOf } from "@cloudy/command-line";
import { whyNot } from "@cloudy/contracts/document.ts";
import { LOOK_EVENT, type LookResult, LookResultSchema } from "@cloudy/contracts/look.ts";
import { FAILED_LOOKS_MAX, LOOK_INTERVAL_MS } from "./constants.ts";
import { invoke } from "./invoke.ts";
import type { Target } from "./target.ts";

interface Ordered {
  readonly epoch: number;
  readonly holder: string;
}

interface Result {
  readonly outcome: "done" | "failed" | "unknown";
  readonly sentence: string;
}

/** Looks until the restore that `holder` took is over: the restored database serves, or the reason why not. */
export async function awaitRestore(target: Target, ordered: Ordered, signal: AbortSignal): Promise<Result> {
  let failures = 0;
  for (;;) {
    await pause(LOOK_INTERVAL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
    const seen = await invoke(target, LOOK_EVENT, signal).then(parseLook, (error: unknown) => {
      signal.throwIfAborted();
      return messageOf(error);
    });
    const isBlind = typeof seen === "string" || seen.epoch === null;
    failures = isBlind ? failures + 1 : 0;
    const result = typeof seen === "string" ? undefined : judgeLook(seen, ordered);
    if (result !== undefined) return result;
    if (failures < FAILED_LOOKS_MAX) continue;
    const why = typeof seen === "string" ? seen : seen.sentence;
    return { outcome: "unknown", sentence: `${ordered.holder} took the order, but nothing more is seen of it: ${why}` };
  }
}

/** `undefined`: it is not over yet. */
function judgeLook(seen: LookResult, { epoch, holder }: Ordered): Result | undefined {
  if (seen.epoch === null) return undefined;
  if (seen.epoch !== epoch || seen.holder !== holder) {
    const sentence = `${seen.holder} took epoch ${seen.epoch} over while ${holder} restored: look what is in the database.`;
    return { outcome: "unknown", sentence };
  }
  if (seen.restoreFailure !== null) {
    return { outcome: "failed", sentence: `${holder} could not restore, the old data stays: ${seen.restoreFailure}` };
  }
  if (seen.restore !== null || seen.online === 0) return undefined;
  return { outcome: "done", sentence: `The restored database serves on ${holder}.` };
}

function parseLook(value: unknown): LookResult | string {
  const look = LookResultSchema.read(value);
  return "value" in look ? look.value : `the function answered ${JSON.stringify(value)}: ${whyNot(look)}`;
}
