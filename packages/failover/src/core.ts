/** The failover function's rounds and what they need around them, without Lambda: what a simulation runs. */
export type { Clients } from "./clients.ts";
export { INVOCATION_MS_MAX, OPINION_DELAY_MS } from "./constants.ts";
export { decide } from "./decide.ts";
export type { PostgresAnswer, SecondOpinion } from "./observation.ts";
export type { Delivery, ProbeEvent } from "./probe-contract.ts";
export { type Memory, NOTHING_REMEMBERED } from "./round.ts";
export { runRounds } from "./rounds.ts";
export { readFailoverSettings } from "./settings.ts";
export type { Surroundings } from "./surroundings.ts";
export { switchOver } from "./switchover.ts";
