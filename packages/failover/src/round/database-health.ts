import { findWriter } from "../decision/decide.ts";
import { currentEpoch, readyStandbys } from "../decision/epoch-view.ts";
import type { Observation } from "../decision/observation.ts";

/** What the agents say of themselves that nothing is decided on, but that people are woken for. `undefined`: nobody says it. */
export interface DatabaseHealth {
  readonly readyStandbys: number | undefined;
  /** Since the newest base backup; of data that has none yet, since its instance serves. */
  readonly backupAge_s: number | undefined;
  /** How long the oldest WAL segment waits to be archived. */
  readonly walAge_s: number | undefined;
  /** Until the first of the agents' certificates ends. */
  readonly certificateDays: number | undefined;
}

const DAY_MS = 86_400_000;

export function databaseHealth(observation: Observation, now_ms: number): DatabaseHealth {
  const { probe } = observation;
  const agents = (probe?.results ?? []).flatMap(({ agent }) => agent ?? []);
  const writer = findWriter(observation);
  const backups = agents.find(({ instanceId }) => instanceId === writer?.instanceId)?.backups ?? undefined;
  const newest_ms = Date.parse(backups?.lastBase?.finishedAt ?? backups?.servingSince ?? "");
  const ends_ms = agents.map(({ certificate }) => Date.parse(certificate?.endsAt ?? "")).filter(Number.isFinite);
  return {
    readyStandbys: standbysOf(observation),
    backupAge_s: Number.isFinite(newest_ms) ? Math.max(0, (now_ms - newest_ms) / 1_000) : undefined,
    walAge_s: backups?.wal?.waiting_s,
    certificateDays: ends_ms.length === 0 ? undefined : (Math.min(...ends_ms) - now_ms) / DAY_MS,
  };
}

function standbysOf(observation: Observation): number | undefined {
  if (observation.probe === undefined) return undefined;
  const epoch = currentEpoch(observation.probe);
  return epoch === undefined ? undefined : readyStandbys({ observation, ...observation.probe }, epoch).length;
}
