import type { ProbeResult, SecondOpinion } from "@cloudy/contracts/probe-answer.ts";
import type { InstanceView, Observation } from "./observation.ts";

/** What the agents of one round, taken together, say of the epoch and of who could take the next one. */
export interface SeenRound {
  readonly observation: Observation;
  readonly results: readonly ProbeResult[];
  readonly opinions: readonly SecondOpinion[];
}

export interface Epoch {
  readonly number: number;
  readonly holder: string;
  readonly released: boolean;
}

export function currentEpoch({ results }: Pick<SeenRound, "results">): Epoch | undefined {
  let highest: Epoch | undefined;
  for (const { agent } of results) {
    const epoch = agent?.epoch ?? undefined;
    if (epoch === undefined) continue;
    const isNewer = highest === undefined || epoch.number > highest.number;
    // Two agents may look at the same epoch before and after its release.
    if (isNewer || (epoch.number === highest?.number && epoch.released)) highest = epoch;
  }
  return highest;
}

/** Running instances whose agent was reached, is ready to take over, reaches the file system and sees this very epoch. */
export function readyStandbys(round: SeenRound, epoch: Epoch): readonly InstanceView[] {
  return round.observation.instances
    .filter(({ instanceId, state }) => {
      const agent = round.results.find((result) => result.instanceId === instanceId)?.agent;
      if (agent === undefined || state !== "running" || instanceId === epoch.holder) return false;
      return agent.ready && agent.fileSystem === "ok" && agent.epoch?.number === epoch.number;
    })
    .toSorted((a, b) => (a.instanceId < b.instanceId ? -1 : 1));
}

/** One of them, the same one whoever asks, and not one that EC2 calls impaired if there is another. */
export function readyStandby(round: SeenRound, epoch: Epoch): InstanceView | undefined {
  const standbys = readyStandbys(round, epoch);
  return standbys.find((instance) => instance.status !== "impaired") ?? standbys[0];
}

export function whyNotReady({ results }: Pick<SeenRound, "results">, { holder }: Epoch): string {
  const reasons = results.flatMap(({ instanceId, agent }) =>
    agent === undefined || agent.ready || instanceId === holder ? [] : [`${instanceId}: ${agent.notReady.join(", ")}`],
  );
  return reasons.length === 0 ? "" : ` (${reasons.join("; ")})`;
}
