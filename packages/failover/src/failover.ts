import type { LookResult } from "@cloudy/contracts/look.ts";
import type { RestoreResult } from "@cloudy/contracts/restore.ts";
import type { SwitchoverResult } from "@cloudy/contracts/switchover.ts";
import { type Clients, createClients } from "./clients.ts";
import { systemClock } from "./clock.ts";
import type { Plan } from "./decision/plan.ts";
import { log } from "./log.ts";
import { parseEvent } from "./operator/event.ts";
import { look, orderRestore } from "./operator/restore.ts";
import { switchOver } from "./operator/switchover.ts";
import { isForeign } from "./round/foreign.ts";
import { type Memory, NOTHING_REMEMBERED } from "./round/round.ts";
import { runRounds } from "./round/rounds.ts";
import { readFailoverSettings } from "./settings.ts";

/** A warm function remembers the round before; a cold one only looks once more. */
let memory: Memory = NOTHING_REMEMBERED;
let clients: Clients | undefined;

/** Keeps the virtual IP's route on the serving database, fences what is lost for certain, and lets a standby take over. */
export async function handler(
  event: unknown,
  context: { readonly getRemainingTimeInMillis: () => number },
): Promise<Plan["result"] | SwitchoverResult | RestoreResult | LookResult> {
  const settings = readFailoverSettings(process.env);
  const command = parseEvent(event);
  clients ??= createClients();
  const around = { clients, settings, clock: systemClock, log };
  const remaining_ms = () => context.getRemainingTimeInMillis();
  switch (command.kind) {
    case "switchover":
      return switchOver(around, remaining_ms);
    case "restore":
      return orderRestore(around, command.point, remaining_ms);
    case "look":
      return look(around);
    case "rounds": {
      const { trigger, group, instanceId } = command;
      if (group !== undefined && group !== settings.databaseGroup) {
        return { statusCode: 200, body: `Group ${group} is not the database group` };
      }
      if (instanceId !== undefined && (await isForeign(around, memory, instanceId))) {
        return { statusCode: 200, body: `Instance ${instanceId} is no database of ${settings.stack}` };
      }
      return runRounds(around, memory, { trigger, remaining_ms }, (next) => {
        memory = next;
      });
    }
  }
}
