import type { LookResult } from "@cloudy/contracts/look.ts";
import type { RestoreResult } from "@cloudy/contracts/restore.ts";
import type { RestorePoint } from "@cloudy/contracts/restore-point.ts";
import { RESTORE_PAUSE_MS, ROUND_RESERVE_MS } from "../constants.ts";
import { decide } from "../decision/decide.ts";
import { currentEpoch } from "../decision/epoch-view.ts";
import type { Observation } from "../decision/observation.ts";
import { messageOf } from "../errors.ts";
import { deliverOrder } from "../round/deliver.ts";
import { observe } from "../round/observe.ts";
import type { Surroundings } from "../surroundings.ts";

interface Holder {
  readonly id: string;
  readonly ip: string;
  readonly epoch: number;
}

/** Who can be ordered to restore: the holder of the epoch, whether or not its postgres starts. A string: why nobody. Pure. */
function findHolder(observation: Observation): Holder | string {
  const { probe, instances } = observation;
  if (probe === undefined) return "the probe function did not answer";
  const epoch = currentEpoch(probe);
  if (epoch === undefined) return "no agent was reached that knows an epoch";
  if (epoch.released) return `epoch ${epoch.number} is released, nobody holds the next one yet`;
  const ip = instances.find(({ instanceId }) => instanceId === epoch.holder)?.privateIp;
  const agent = probe.results.find(({ instanceId }) => instanceId === epoch.holder)?.agent;
  if (agent === undefined || ip === undefined)
    return `${epoch.holder}, the holder of epoch ${epoch.number}, is not reached`;
  return { id: epoch.holder, ip, epoch: epoch.number };
}

/**
 * Orders the holder of the epoch to restore; while there is none (one just stepped down, another is about to be granted the
 * next epoch by the scheduled rounds) it looks again until the invocation's time is up.
 */
export async function orderRestore(
  around: Surroundings,
  point: RestorePoint,
  remaining_ms: () => number,
): Promise<RestoreResult> {
  const refused = (because: string) => ({ outcome: "refused", sentence: `Nothing was changed: ${because}.` }) as const;
  let holder = await tryFindHolder(around);
  while (typeof holder === "string" && remaining_ms() > ROUND_RESERVE_MS) {
    around.log("info", `${holder}: looks again`, { code: "holder-awaited" });
    await around.clock.sleep(RESTORE_PAUSE_MS);
    holder = await tryFindHolder(around);
  }
  if (typeof holder === "string") return refused(holder);
  const { id, epoch, ip } = holder;
  const order = { order: "restore", epoch, holder: id, backup: point.backup, targetTime: point.targetTime } as const;
  const { code: status, because } = await deliverOrder(around, order, ip);
  around.log(
    status === 202 ? "warn" : "info",
    `Ordered ${id} to restore ${point.backup} in epoch ${epoch}: ${because}`,
    {
      code: "restore-ordered",
      status,
      ...point,
    },
  );
  if (status === 202) return { outcome: "accepted", holder: id, epoch, sentence: because };
  if (status !== 0) return refused(`${id} answered ${status}, ${because}`);
  return {
    outcome: "refused",
    sentence: `It is not known whether ${id} got the order (${because}): look before you ask again.`,
  };
}

async function tryFindHolder(around: Surroundings): Promise<Holder | string> {
  try {
    return findHolder(await observe(around));
  } catch (error) {
    return messageOf(error);
  }
}

/** What a round sees and would do; nothing is changed. */
export async function look(around: Surroundings): Promise<LookResult> {
  const observation = await observe(around);
  const { sentence, online } = decide(observation, undefined);
  const { probe } = observation;
  const epoch = probe === undefined ? undefined : currentEpoch(probe);
  const agent = probe?.results.find(({ instanceId }) => instanceId === epoch?.holder)?.agent;
  return {
    outcome: "seen",
    sentence,
    online,
    epoch: epoch?.number ?? null,
    holder: epoch?.holder ?? null,
    restore: agent?.restore?.backup ?? null,
    restoreFailure: agent?.restoreFailure ?? null,
  };
}
