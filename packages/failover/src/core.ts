/** The failover function's rounds and what they need around them, without Lambda: what a simulation runs. */

export type { Clients } from "./clients.ts";
export { INVOCATION_MS_MAX, OPINION_DELAY_MS } from "./constants.ts";
export { decide } from "./decision/decide.ts";
export { switchOver } from "./operator/switchover.ts";
export { type Memory, NOTHING_REMEMBERED } from "./round/round.ts";
export { runRounds } from "./round/rounds.ts";
export { readFailoverSettings } from "./settings.ts";
export type { Surroundings } from "./surroundings.ts";
