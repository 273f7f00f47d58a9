import type { Grant } from "@cloudy/contracts/grant.ts";
import { lackedMeans, wrongVersion } from "./fitness.ts";
import type { AgentState } from "./state.ts";

export type Succession =
  | { readonly may: true; readonly number: number; readonly because: string }
  | { readonly may: false; readonly because: string };

/**
 * May this instance make the next epoch? All conditions stay true once they are true, so a look that is out of date can
 * only lose the race for the exclusive link, never make two postgres run:
 * - epoch n is released, or
 * - a grant says that the holder of epoch n is terminated and names this instance, or
 * - this instance holds epoch n itself and has the local lock, that is, none of its processes is left. A restarted agent
 *   takes a *new* epoch instead of going on in the old one: a release of the old epoch that its predecessor had sent to a
 *   stalled file system may still land, and must find nothing running in that epoch.
 */
export function judgeSuccession(state: AgentState): Succession {
  if (state.shared === undefined) return no("the shared directory was not read yet");
  const { epoch } = state.shared.seen;
  const lockHeld = state.postgres.is === "absent";
  if (epoch !== undefined && epoch.holder === state.instanceId && !epoch.released && lockHeld) {
    // An epoch in which it could not start would only keep the others waiting.
    const lacks = lackedMeans(state).map(({ because }) => because);
    if (lacks.length > 0) return no(lacks.join("; "));
    return {
      may: true,
      number: epoch.number + 1,
      because: `it holds epoch ${epoch.number} and no process of it is left`,
    };
  }
  const obstacles = obstaclesOf(state);
  if (obstacles.length > 0) return no(obstacles.join("; "));
  if (!lockHeld) return no("processes of an earlier postgres may still run here");
  if (epoch === undefined) return { may: true, number: 1, because: "no epoch exists yet" };
  if (epoch.released) {
    return { may: true, number: epoch.number + 1, because: `${epoch.holder} released epoch ${epoch.number}` };
  }
  const { grant } = state;
  if (grant !== undefined && grant.epoch === epoch.number && grant.deadHolder === epoch.holder) {
    return {
      may: true,
      number: epoch.number + 1,
      because: `${epoch.holder}, the holder of epoch ${epoch.number}, is terminated`,
    };
  }
  return no(`${epoch.holder} holds epoch ${epoch.number}`);
}

function no(because: string): Succession {
  return { may: false, because };
}

/** Why this instance should not take the next epoch. */
function obstaclesOf(state: AgentState): readonly string[] {
  const seen = state.shared?.seen;
  const data = seen?.dataVersion;
  const obstacles = lackedMeans(state).map(({ because }) => because);
  if (state.fileSystem !== "ok") obstacles.push("the shared file system is not reachable");
  if (seen === undefined) obstacles.push(state.unreadable ?? "the shared directory was not read yet");
  const version = wrongVersion(state);
  if (version !== undefined) obstacles.push(version);
  if (data !== undefined && seen !== undefined && seen.epoch === undefined) {
    obstacles.push("pgdata exists but no epoch does: restore epochs/ together with pgdata/");
  }
  return obstacles;
}

/**
 * Why no postgres may be started on the data. Missing or foreign data is the same for every instance, so it keeps none from
 * taking the next epoch: only a holder can be ordered to restore.
 */
export function dataObstaclesOf(state: AgentState): readonly string[] {
  const obstacles = [...obstaclesOf(state)];
  const seen = state.shared?.seen;
  if (seen === undefined) return obstacles;
  const { data, recorded } = seen.system;
  if (seen.dataVersion === undefined && seen.initialized) {
    obstacles.push("pgdata was initialized once and is missing now: restore it, it is never made anew");
  }
  if (data !== undefined && recorded !== undefined && data !== recorded && !seen.restored) {
    obstacles.push(
      `pgdata is of the database system ${data}, but ${recorded} was put in place here: put that back, or restore a backup`,
    );
  }
  return obstacles;
}

/** Is this grant (already authenticated) of any use now? The sentence is the answer to who delivered it. */
export function judgeGrant(state: AgentState, grant: Grant): { readonly accepted: boolean; readonly because: string } {
  const refuse = (because: string) => ({ accepted: false, because });
  const epoch = state.shared?.seen.epoch;
  if (grant.successor !== state.instanceId)
    return refuse(`the grant is for ${grant.successor}, this is ${state.instanceId}`);
  if (state.intent !== "serve") return refuse("this instance is not standing by");
  if (epoch === undefined) return refuse("no epoch is known here");
  if (epoch.number !== grant.epoch)
    return refuse(`the grant is for epoch ${grant.epoch}, the current one is ${epoch.number}`);
  if (epoch.holder !== grant.deadHolder) {
    return refuse(`the grant calls ${grant.deadHolder} dead, epoch ${epoch.number} is held by ${epoch.holder}`);
  }
  if (epoch.holder === state.instanceId) return refuse(`this instance holds epoch ${epoch.number} itself and is alive`);
  return { accepted: true, because: `epoch ${epoch.number + 1} may be made by ${state.instanceId}` };
}
