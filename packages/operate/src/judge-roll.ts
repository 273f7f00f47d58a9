import { LAUNCHES_MAX } from "./constants.ts";

/** A group under an instance refresh, as one look saw it. */
export interface RollView {
  readonly refresh: {
    readonly status: string;
    readonly reason: string;
  };
  /** Version that instances are replaced by: the new one, or the earlier one while the roll goes back. */
  readonly version: string;
  readonly instances: readonly RollingInstance[];
  /** New instances that did not come into service, or lost it again, with Auto Scaling's reason. */
  readonly givenUp: readonly { readonly instanceId: string; readonly reason: string }[];
  /** Launches since the start that EC2 refused. */
  readonly refused: readonly string[];
}

export interface RollingInstance {
  readonly id: string;
  readonly version: string;
  readonly lifecycle: string;
  readonly isProtected: boolean;
}

export type RollStep =
  | { readonly do: "wait" }
  | { readonly do: "switch-over"; readonly from: string }
  | { readonly do: "roll-back"; readonly because: string }
  | { readonly do: "end"; readonly isDone: boolean; readonly because: string };

/** What a roll needs next. */
export function judgeRoll({ refresh, version, instances, givenUp, refused }: RollView): RollStep {
  switch (refresh.status) {
    case "Successful":
      return { do: "end", isDone: true, because: "" };
    case "Failed":
    case "Cancelled":
    case "RollbackFailed":
    case "RollbackSuccessful":
      return { do: "end", isDone: false, because: refresh.reason || `the refresh is ${refresh.status}` };
  }
  const [lost] = givenUp;
  if (refresh.status !== "RollbackInProgress") {
    // Auto Scaling would try the same version again and again for an hour.
    if (lost !== undefined) return { do: "roll-back", because: `${lost.instanceId} was given up: ${lost.reason}` };
    if (refused.length >= LAUNCHES_MAX) {
      return { do: "roll-back", because: `${refused.length} launches failed, the last one with: ${refused.at(-1)}` };
    }
  }
  return awaitedSwitchover(version, instances) ?? { do: "wait" };
}

/** The refresh waits for the holder of the database, which is protected: its place must be taken by a replaced one. */
function awaitedSwitchover(version: string, instances: readonly RollingInstance[]): RollStep | undefined {
  if (instances.some(({ lifecycle }) => lifecycle !== "InService")) return undefined;
  const old = instances.filter((instance) => instance.version !== version);
  const [holder] = old;
  const hasSuccessor = instances.some((instance) => instance.version === version && !instance.isProtected);
  if (holder === undefined || !hasSuccessor || !old.every(({ isProtected }) => isProtected)) return undefined;
  return { do: "switch-over", from: holder.id };
}
