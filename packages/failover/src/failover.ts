import { type Clients, createClients } from "./clients.ts";
import { systemClock } from "./clock.ts";
import { log } from "./log.ts";
import type { Plan } from "./plan.ts";
import { type Memory, NOTHING_REMEMBERED } from "./round.ts";
import { runRounds } from "./rounds.ts";
import { readFailoverSettings } from "./settings.ts";
import { type SwitchoverResult, switchOver } from "./switchover.ts";

/** Of a warm function: the round before. A cold one only looks once more. */
let memory: Memory = NOTHING_REMEMBERED;
let clients: Clients | undefined;

/** What EventBridge sends (the schedule, EC2 state changes, events of auto-scaling groups), or an operator's command. */
interface TriggerEvent {
  readonly switchover?: object;
  readonly source?: string;
  readonly "detail-type"?: string;
  readonly detail?: { readonly AutoScalingGroupName?: string };
}

/** Keeps the virtual IP's route on the serving database, fences what is lost for certain, and lets a standby take over. */
export async function handler(
  event: TriggerEvent,
  context: { readonly getRemainingTimeInMillis: () => number },
): Promise<Plan["result"] | SwitchoverResult> {
  const settings = readFailoverSettings(process.env);
  const group = event.detail?.AutoScalingGroupName;
  if (group !== undefined && group !== settings.databaseGroup) {
    return { statusCode: 200, body: `Group ${group} is not the database group` };
  }
  clients ??= createClients();
  const around = { clients, settings, clock: systemClock, log };
  const remaining_ms = () => context.getRemainingTimeInMillis();
  if (event.switchover !== undefined) return switchOver(around, remaining_ms);
  const isEvent = event.source === "aws.ec2" || event.source === "aws.autoscaling";
  const invocation = { trigger: isEvent ? "event" : "schedule", remaining_ms } as const;
  return runRounds(around, memory, invocation, (next) => {
    memory = next;
  });
}
