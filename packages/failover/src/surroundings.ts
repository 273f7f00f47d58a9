import type { Clients } from "./clients.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import type { FailoverSettings } from "./settings.ts";

/** Everything outside that the failover function touches; the simulator has its own of each. */
export interface Surroundings {
  readonly clients: Clients;
  readonly settings: FailoverSettings;
  readonly clock: Clock;
  readonly log: Log;
}
