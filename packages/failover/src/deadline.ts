import type { Clock } from "./clock.ts";
import { FailoverError } from "./errors.ts";

/** Runs `task` with a signal that aborts it after `limit_ms`. */
export async function withDeadline<Result>(
  clock: Clock,
  limit_ms: number,
  what: string,
  task: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const late = () => controller.abort(new FailoverError(`${what} did not answer within ${limit_ms} ms`));
  const cancel = clock.after(limit_ms, late);
  try {
    return await task(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    cancel();
  }
}
