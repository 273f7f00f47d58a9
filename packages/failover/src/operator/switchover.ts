import type { SwitchoverRefusal, SwitchoverResult } from "@cloudy/contracts/switchover.ts";
import { ROUND_RESERVE_MS, SWITCHOVER_PAUSE_MS } from "../constants.ts";
import { findWriter } from "../decision/decide.ts";
import { currentEpoch, readyStandby, whyNotReady } from "../decision/epoch-view.ts";
import type { InstanceView, Observation } from "../decision/observation.ts";
import { messageOf } from "../errors.ts";
import { deliverOrder } from "../round/deliver.ts";
import { addRound, NOTHING_TALLIED, putMetrics } from "../round/metrics.ts";
import { type Memory, NOTHING_REMEMBERED, type Round, runRound } from "../round/round.ts";
import type { Surroundings } from "../surroundings.ts";

interface Ordered {
  readonly from: string;
  readonly epoch: number;
  readonly at_ms: number;
}

/** May the writer step down? Only if another instance is ready to take its place at once. Pure. */
function planSwitchover(
  observation: Observation,
):
  | { readonly may: true; readonly writer: InstanceView; readonly epoch: number }
  | { readonly may: false; readonly code: SwitchoverRefusal; readonly because: string } {
  const no = (code: SwitchoverRefusal, because: string) => ({ may: false, code, because }) as const;
  const { probe } = observation;
  if (probe === undefined) return no("probe-silent", "the probe function did not answer");
  const round = { observation, ...probe };
  const epoch = currentEpoch(round);
  const writer = findWriter(observation);
  if (epoch === undefined || writer?.privateIp === undefined) {
    return no("no-primary", "no primary serves that could step down");
  }
  if (!probe.results.some(({ instanceId, agent }) => instanceId === writer.instanceId && agent !== undefined)) {
    return no("agent-unreached", `the agent of ${writer.instanceId}, which serves, is not reached`);
  }
  const standby = readyStandby(round, epoch);
  if (standby === undefined) {
    const because = `no standby is ready to take over from ${writer.instanceId}${whyNotReady(round, epoch)}`;
    return no("no-standby", because);
  }
  if (standby.status === "impaired") {
    return no("standby-impaired", `EC2 calls ${standby.instanceId}, the only ready standby, impaired`);
  }
  return { may: true, writer, epoch: epoch.number };
}

/**
 * Has the writer step down in order and watches until the next one serves and the routes lead to it. The order is bound to
 * one epoch: given twice, also by two operators at once, it is one switchover.
 */
export async function switchOver(around: Surroundings, remaining_ms: () => number): Promise<SwitchoverResult> {
  const refused = (code: SwitchoverRefusal, because: string) =>
    ({ outcome: "refused", code, sentence: `Nothing was changed: ${because}.` }) as const;
  const first = await tryRound(around, NOTHING_REMEMBERED);
  if (typeof first === "string") return refused("round-failed", first);
  const plan = planSwitchover(first.observation);
  if (!plan.may) return refused(plan.code, plan.because);
  const { writer, epoch } = plan;
  const order = { order: "step-down", epoch, holder: writer.instanceId } as const;
  const { code: status, because } = await deliverOrder(around, order, writer.privateIp ?? "");
  around.log(
    status === 202 ? "info" : "warn",
    `Ordered ${writer.instanceId} to step down from epoch ${epoch}: ${because}`,
    { code: "step-down-ordered", status },
  );
  if (status === 0) {
    const sentence = `It is not known whether ${writer.instanceId} got the order (${because}); ask again to see.`;
    return { outcome: "unfinished", from: writer.instanceId, epoch, duration_ms: 0, sentence };
  }
  if (status !== 202) return refused("order-refused", `${writer.instanceId} answered ${status}, ${because}`);
  return watch(around, { from: writer.instanceId, epoch, at_ms: around.clock.now_ms() }, first.memory, remaining_ms);
}

async function watch(
  around: Surroundings,
  ordered: Ordered,
  memory: Memory,
  remaining_ms: () => number,
): Promise<SwitchoverResult> {
  const { clock } = around;
  let remembered = memory;
  let tally = NOTHING_TALLIED;
  let last = "";
  let result: SwitchoverResult | undefined;
  while (result === undefined && remaining_ms() > ROUND_RESERVE_MS) {
    await clock.sleep(SWITCHOVER_PAUSE_MS);
    const round = await tryRound(around, remembered);
    if (typeof round === "string") {
      last = round;
      continue;
    }
    remembered = round.memory;
    tally = addRound(tally, round, "event");
    last = round.plan.sentence;
    result = arrival(round, ordered, clock.now_ms() - ordered.at_ms);
  }
  await putMetrics(around, tally);
  return result ?? unfinished(ordered, clock.now_ms() - ordered.at_ms, last);
}

/** The next epoch's holder serves, and every route leads to it. */
function arrival(
  { observation, plan, done }: Round,
  { from, epoch }: Ordered,
  duration_ms: number,
): SwitchoverResult | undefined {
  const writer = findWriter(observation);
  const now = observation.probe === undefined ? undefined : currentEpoch(observation.probe);
  if (writer === undefined || now === undefined || now.number <= epoch) return undefined;
  if (done.routeChanges < plan.actions.filter((action) => action.do === "move-route").length) return undefined;
  const to = writer.instanceId;
  const took = `after ${(duration_ms / 1_000).toFixed(1)} s`;
  const common = { from, to, epoch: now.number, duration_ms };
  if (to !== from) {
    return { ...common, outcome: "done", sentence: `${to} serves in epoch ${now.number} instead of ${from}, ${took}.` };
  }
  const sentence = `${from} stepped down, but nobody else took over: it serves again in epoch ${now.number}, ${took}.`;
  return { ...common, outcome: "returned", sentence };
}

function unfinished({ from, epoch }: Ordered, duration_ms: number, last: string): SwitchoverResult {
  const after = `${Math.round(duration_ms / 1_000)} s`;
  const sentence = `${from} was ordered to step down, but ${after} later it is not over: ${last}. The scheduled rounds go on.`;
  return { outcome: "unfinished", from, epoch, duration_ms, sentence };
}

/** A string: why the round failed. Rounds so close in time are no two that a fence could rest on. */
async function tryRound(around: Surroundings, memory: Memory): Promise<Round | string> {
  try {
    const round = await runRound(around, memory, false);
    const { last } = round.memory;
    return last === undefined ? round : { ...round, memory: { ...round.memory, last: { ...last, soon: true } } };
  } catch (error) {
    return messageOf(error);
  }
}
