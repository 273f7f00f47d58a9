import type { AgentStatus } from "@cloudy/contracts/agent-status.ts";
import { currentEpoch, type Epoch, readyStandbys, type SeenRound } from "./epoch-view.ts";
import type { InstanceView, Observation } from "./observation.ts";
import type { StepDown } from "./plan.ts";

/** What a standby would do better than the holder. */
export interface Handover {
  readonly because: string;
  /** Seen in the round before as well: the order to step down. */
  readonly order: StepDown | undefined;
}

type Unfitness = NonNullable<AgentStatus["unfit"]>[number];

/** Without its secrets a holder cannot tell an order from a forgery, and releases by itself. */
const RELEASES_BY_ITSELF: readonly string[] = ["secrets-missing"];

/** While it serves, only what the probe does not see counts: its clients are refused all the same. */
const MATTERS_TO_CLIENTS: readonly string[] = ["certificate-ended"];

/** Is the holder unfit for a reason that a ready standby does not share? */
export function judgeUnfit(facts: {
  readonly round: SeenRound;
  readonly previous: Observation | undefined;
  readonly epoch: Epoch;
  readonly holder: InstanceView;
  readonly serves: boolean;
}): Handover | undefined {
  const { round, previous, epoch, holder, serves } = facts;
  const now = betterStandby(round, epoch, serves);
  if (now === undefined || holder.privateIp === undefined) return undefined;
  const because = `${now.reason.because}, and ${now.standby} is fit`;
  const before = previous?.probe === undefined ? undefined : { observation: previous, ...previous.probe };
  const isSame =
    before !== undefined &&
    currentEpoch(before)?.number === epoch.number &&
    betterStandby(before, epoch, serves)?.reason.code === now.reason.code;
  if (!isSame) return { because, order: undefined };
  const { instanceId, privateIp } = holder;
  return { because, order: { do: "order-step-down", instanceId, privateIp, epoch: epoch.number, because } };
}

function betterStandby(
  round: SeenRound,
  epoch: Epoch,
  serves: boolean,
): { readonly reason: Unfitness; readonly standby: string } | undefined {
  const agentOf = (id: string) => round.results.find(({ instanceId }) => instanceId === id)?.agent;
  const holder = agentOf(epoch.holder);
  // One that is stopping has been told already.
  if (holder?.role !== "primary" || epoch.released) return undefined;
  for (const { instanceId: standby } of readyStandbys(round, epoch)) {
    const shared = agentOf(standby)?.unfit ?? [];
    const reason = (holder.unfit ?? []).find(({ code }) => {
      if (RELEASES_BY_ITSELF.includes(code) || shared.some((other) => other.code === code)) return false;
      return !serves || MATTERS_TO_CLIENTS.includes(code);
    });
    if (reason !== undefined) return { reason, standby };
  }
  return undefined;
}
