import { AWS_REQUEST_TIMEOUT_MS } from "./constants.ts";
import { withDeadline } from "./deadline.ts";
import type { Surroundings } from "./surroundings.ts";

/** One call to an AWS API, named `what` in errors; the SDK repeats throttled ones within the deadline. */
export function callAws<Result>(
  { clock }: Pick<Surroundings, "clock">,
  what: string,
  send: (options: { readonly abortSignal: AbortSignal }) => Promise<Result>,
): Promise<Result> {
  return withDeadline(clock, AWS_REQUEST_TIMEOUT_MS, what, (abortSignal) => send({ abortSignal }));
}
