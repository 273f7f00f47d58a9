import type { DecisionCode } from "@cloudy/contracts/failover-log.ts";
import type { ProbeReport } from "@cloudy/contracts/probe-answer.ts";
import { FENCES_PER_HOUR_MAX, GONE_ROUNDS_MIN } from "../constants.ts";
import { currentEpoch, type Epoch, readyStandby, readyStandbys, type SeenRound, whyNotReady } from "./epoch-view.ts";
import { leadDeadRoutes } from "./lead-routes.ts";
import type { InstanceView, Observation } from "./observation.ts";
import type { Action, Plan } from "./plan.ts";
import { judgeUnfit } from "./unfit-holder.ts";

type Decision = Pick<Plan, "code" | "sentence" | "actions" | "blind" | "soon">;

const decided = (code: DecisionCode, sentence: string, actions: readonly Action[] = []): Decision => ({
  code,
  sentence,
  actions,
  blind: false,
  soon: false,
});
const nothing = (code: DecisionCode, sentence: string): Decision => decided(code, sentence);
const blind = (why: string): Decision => ({ ...decided("blind", `blind: ${why}; nothing is changed`), blind: true });
/** It ends by itself, and soon. */
const waits = (code: DecisionCode, sentence: string, actions: readonly Action[] = []): Decision => ({
  ...decided(code, sentence, actions),
  soon: true,
});

/**
 * No primary serves. Either it comes back by itself (a start, a recovery, a release), or its machine is gone and a standby
 * gets a grant, or its machine is to be ended first. Every branch that is not sure changes nothing and says why.
 */
export function decideSuccession(current: Observation, previous: Observation | undefined): Decision {
  if (current.probe === undefined) return blind("the probe function did not answer");
  const round: SeenRound = { observation: current, ...current.probe };
  if (round.results.every((result) => result.agent === undefined)) {
    return blind(`none of ${round.results.length} agents was reached`);
  }
  const epoch = currentEpoch(round);
  if (epoch === undefined) return nothing("no-epoch", "no epoch exists yet: waits for an agent to make the first one");
  if (epoch.released)
    return waits("epoch-released", `epoch ${epoch.number} is released: waits for an agent to make the next one`);

  const standby = readyStandby(round, epoch);
  const holder = current.instances.find((instance) => instance.instanceId === epoch.holder);
  const who = `${epoch.holder}, the holder of epoch ${epoch.number},`;
  if (isTerminated(round, epoch.holder, previous)) {
    if (standby === undefined)
      return nothing(
        "terminated-without-standby",
        `${who} is terminated, and no standby is ready${whyNotReady(round, epoch)}`,
      );
    return grant(current, epoch, standby);
  }
  if (holder === undefined || holder.state === "gone") {
    return nothing(
      "holder-unknown",
      `${who} is unknown to EC2 (round ${holder?.goneRounds ?? 0} of ${GONE_ROUNDS_MIN})`,
    );
  }
  if (holder.state === "shutting-down")
    return waits("holder-shutting-down", `${who} is shutting down; waits for EC2 to call it terminated`);
  return judgeHolder({ round, previous, epoch, holder, standby, who });
}

/**
 * EC2's word that the machine is no more: `terminated`, or an id that it has long been unable to find. The latter is an absence
 * of knowledge, so it must last, and nobody may have heard of the holder meanwhile. (That region and account are the right
 * ones shows in the standby, without which there is no grant: the same EC2 lists it as running.)
 */
function isTerminated(round: SeenRound, holder: string, previous: Observation | undefined): boolean {
  const now = round.observation.instances.find(({ instanceId }) => instanceId === holder);
  if (now?.state === "terminated") return true;
  const before = previous?.instances.find(({ instanceId }) => instanceId === holder);
  if (now?.state !== "gone" || before?.state !== "gone" || (now.goneRounds ?? 0) < GONE_ROUNDS_MIN) return false;
  return [round, previous?.probe].every((seen) => seen !== undefined && !isHeardOf(seen, holder));
}

function isHeardOf({ results, opinions }: ProbeReport, id: string): boolean {
  return (
    results.some(({ instanceId, agent, postgres }) => {
      return instanceId === id && (agent !== undefined || postgres !== "unreachable");
    }) || opinions.some(({ about, reached }) => about === id && reached)
  );
}

function grant(current: Observation, epoch: Epoch, standby: InstanceView): Decision {
  const { instanceId: successor, privateIp = "" } = standby;
  return waits(
    "successor-found",
    `${epoch.holder}, the holder of epoch ${epoch.number}, is terminated: ${successor} may take over`,
    [
      { do: "grant", epoch: epoch.number, deadHolder: epoch.holder, successor, successorIp: privateIp },
      ...leadDeadRoutes(current, standby),
    ],
  );
}

/** The holder's machine exists and nothing serves on it. Is it certain enough that it never will, to end it? */
function judgeHolder(facts: {
  readonly round: SeenRound;
  readonly previous: Observation | undefined;
  readonly epoch: Epoch;
  readonly holder: InstanceView;
  readonly standby: InstanceView | undefined;
  readonly who: string;
}): Decision {
  const { round, previous, epoch, holder, standby, who } = facts;
  const fault = faultOf(round, holder.instanceId);
  if (fault === undefined) {
    const handover = judgeUnfit({ round, previous, epoch, holder, serves: false });
    if (handover?.order !== undefined)
      return waits("holder-unfit", `${who} is to step down: ${handover.because}`, [handover.order]);
    if (handover !== undefined)
      return nothing("looks-again", `${who} is not fit to serve: ${handover.because}; looks once more`);
    return waits(
      "holder-reached",
      `${who} is reached: waits for its postgres`,
      isNext(round, holder) ? leadDeadRoutes(round.observation, holder) : [],
    );
  }
  if (standby === undefined)
    return nothing("lost-without-standby", `${who} ${fault}, but no standby is ready${whyNotReady(round, epoch)}`);
  const ending = round.observation.instances.find((instance) => instance.state === "shutting-down");
  if (ending !== undefined)
    return nothing("one-at-a-time", `${who} ${fault}, but ${ending.instanceId} is being ended already: one at a time`);

  if (previous?.probe === undefined) return nothing("looks-again", `${who} ${fault}; looks once more`);
  const before: SeenRound = { observation: previous, ...previous.probe };
  const epochBefore = currentEpoch(before);
  const sameBefore =
    epochBefore?.number === epoch.number &&
    epochBefore.holder === epoch.holder &&
    faultOf(before, holder.instanceId) === fault &&
    readyStandbys(before, epoch).some((instance) => instance.instanceId === standby.instanceId);
  if (!sameBefore) return nothing("looks-again", `${who} ${fault}; looks once more`);

  const witness = confirmation(round, holder, standby, fault);
  if (witness === undefined) {
    return nothing(
      "unconfirmed",
      `${who} ${fault} from here, but ${standby.instanceId} does not confirm it: nothing is changed`,
    );
  }
  const others = round.observation.recentFences.filter((fenced) => fenced !== epoch.number).length;
  if (others >= FENCES_PER_HOUR_MAX) {
    return nothing(
      "too-many-fences",
      `${who} ${fault}, but ${others} fences in an hour are enough: look at the cause, then terminate it by hand`,
    );
  }
  const because = `it ${fault} in two rounds, ${witness}, and ${standby.instanceId} is ready`;
  return waits("holder-lost", `${who} is ended: ${because}`, [
    { do: "fence", instanceId: holder.instanceId, epoch: epoch.number, because },
  ]);
}

/** Its agent says that it holds the epoch and is starting postgres. */
function isNext({ results }: SeenRound, { instanceId, state }: InstanceView): boolean {
  const agent = results.find((result) => result.instanceId === instanceId)?.agent;
  return state === "running" && agent?.role === "primary" && agent.fileSystem === "ok";
}

const UNREACHED = "is not reached";
const CUT_OFF = "cannot reach the file system";
const STUCK = "cannot end its postgres or release its epoch";

type HolderFault = typeof UNREACHED | typeof CUT_OFF | typeof STUCK;

function faultOf({ results }: SeenRound, holder: string): HolderFault | undefined {
  const result = results.find((candidate) => candidate.instanceId === holder);
  if (result?.agent?.fileSystem === "unreachable") return CUT_OFF;
  if (result?.agent?.unfit?.some(({ code }) => code === "release-overdue") === true) return STUCK;
  const silent = result === undefined || (result.agent === undefined && result.postgres === "unreachable");
  return silent ? UNREACHED : undefined;
}

/** Whose word besides the probe's says so; without one, the probe may just sit on the wrong side of a partition. */
function confirmation(
  round: SeenRound,
  holder: InstanceView,
  standby: InstanceView,
  fault: HolderFault,
): string | undefined {
  if (fault === CUT_OFF) return `${standby.instanceId} does reach it`;
  if (fault === STUCK) return "it says so itself";
  if (holder.status === "impaired") return "EC2 calls it impaired";
  // With several standbys one may sit on the same wrong side as the probe.
  if (round.opinions.some(({ about, reached }) => about === holder.instanceId && reached)) return undefined;
  const opinion = round.opinions.find(({ by, about }) => by === standby.instanceId && about === holder.instanceId);
  if (opinion?.reached === false) return `${standby.instanceId} does not reach it either`;
  return undefined;
}
