import { AgentError } from "./errors.ts";

/** Runs `task` with a signal that aborts it after `limit_ms`. By setTimeout, so that it follows the clock of its process. */
export async function withDeadline<Result>(
  limit_ms: number,
  what: string,
  task: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const late = () => controller.abort(new AgentError(`${what} did not answer within ${limit_ms} ms`));
  const timer = setTimeout(late, limit_ms);
  try {
    return await task(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}
