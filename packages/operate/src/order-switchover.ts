import { UserError } from "@cloudy/command-line";
import { whyNot } from "@cloudy/contracts/document.ts";
import { SWITCHOVER_EVENT, type SwitchoverResult, SwitchoverResultSchema } from "@cloudy/contracts/switchover.ts";
import { invoke } from "./invoke.ts";
import type { Target } from "./target.ts";

/** Asks the failover function for a switchover, once, and returns what came of it. */
export async function orderSwitchover(target: Target, signal: AbortSignal): Promise<SwitchoverResult> {
  const value = await invoke(target, SWITCHOVER_EVENT, signal);
  const result = SwitchoverResultSchema.read(value);
  if ("value" in result) return result.value;
  throw new UserError(
    `The function answered ${JSON.stringify(value)} (${whyNot(result)}): it knows no switchover. Deploy a newer one.`,
  );
}
