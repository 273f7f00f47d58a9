/** The agent's core as plain data: what it knows, what it hears (events) and what it wants done (effects). */

import type { Grant } from "@cloudy/contracts/grant.ts";
import type { Order } from "@cloudy/contracts/order.ts";
import type { RestorePoint } from "@cloudy/contracts/restore-point.ts";
import { SECRETS_MISSING, type Unfitness } from "./means.ts";

/** One epoch as the shared directory shows it: the highest one. */
export interface Epoch {
  readonly number: number;
  /** Instance id of the only machine on which postgres of this epoch may run. */
  readonly holder: string;
  /** Unique; tells the process that made it. */
  readonly token: string;
  /** Its holder has proved that the last process of its postgres is gone. */
  readonly released: boolean;
}

/** What one look at the shared directory shows. */
export interface Shared {
  /** `undefined`: no epoch was ever made. */
  readonly epoch: Epoch | undefined;
  /** Major version in `pgdata/PG_VERSION`; `undefined` without a data directory. */
  readonly dataVersion: string | undefined;
  /** A data directory was put in place once; if it is missing now, nobody may make an empty one. */
  readonly initialized: boolean;
  /** A restore got as far as a complete and verified directory that only has to be renamed into place. */
  readonly restored: boolean;
  /** PostgreSQL's own identity of the data, and the one that was put in place last; `undefined` where it is not known. */
  readonly system: { readonly data: string | undefined; readonly recorded: string | undefined };
}

export type StopHow = "fast" | "immediate";

/** What is known of postgres processes on this machine. */
export type Postgres =
  /** The local lock was asked for; orphans of a killed agent may be alive. */
  | { readonly is: "unknown" }
  /** The agent holds the local lock since read number `order`: not one process is alive. */
  | { readonly is: "absent"; readonly order: number }
  /** Started by this agent in an epoch that it made. */
  | {
      readonly is: "started";
      readonly epoch: number;
      readonly accepting: boolean;
      readonly stopping: StopHow | undefined;
    }
  /** Orphans of an agent that was killed; they hold the lock. */
  | { readonly is: "adopted"; readonly accepting: boolean; readonly stopping: StopHow | undefined }
  /** The postmaster is gone; its last processes still hold the lock. */
  | { readonly is: "leaving" };

/**
 * `serve`: stand by or run postgres. `step-down`: stop and release, then `rest` and leave the next epoch to others for a
 * while. `exit`: stop, release and end.
 */
type Intent = "serve" | "step-down" | "rest" | "exit";

export interface AgentState {
  readonly instanceId: string;
  /** Major version of the binaries, for example `17`. */
  readonly binaryVersion: string;
  readonly intent: Intent;
  /** Why it steps down, as a sentence. */
  readonly leavesBecause: string;
  readonly postgres: Postgres;
  /** Last look at the shared directory and its number; `undefined`: not read yet, or out of date. */
  readonly shared: { readonly seen: Shared; readonly order: number } | undefined;
  /** Why the last look failed although the file system may be there: for example an epoch that is not readable. */
  readonly unreadable: string | undefined;
  /** The epoch this very process made and never asked to release; only in it does it start postgres. */
  readonly ownEpoch: number | undefined;
  /** At most one change of the shared directory is under way. */
  readonly pending: "none" | "make" | "release" | "restore";
  readonly grant: Grant | undefined;
  /** Ordered, and not done yet. */
  readonly restore: RestorePoint | undefined;
  /** Why the last restore failed; forgotten when the next one is ordered. */
  readonly restoreFailure: string | undefined;
  /** What it lacks of its own means, apart from what the shared directory shows. */
  readonly unfit: readonly Unfitness[];
  /** postgres recovers, and nothing has moved in it for too long. */
  readonly isStalled: boolean;
  /** It leaves, or ends its postgres, and has not been able to for too long. */
  readonly isOverdue: boolean;
  readonly fileSystem: "unknown" | "ok" | "unreachable";
  /** Crashes since postgres last proved itself stable. */
  readonly crashes: number;
  /** Epochs in a row that it gave up because postgres kept failing here. */
  readonly futile: number;
  readonly exited: boolean;
}

export type Event =
  | { readonly kind: "started" }
  /** The agent holds the local lock; looks at the shared directory numbered `order` and above began after that. */
  | { readonly kind: "lock-acquired"; readonly order: number }
  | { readonly kind: "lock-held-by-orphans" }
  | { readonly kind: "shared-read"; readonly order: number; readonly seen: Shared }
  /** The file system answered with something that makes no sense, or (not `answered`) the look ended with an error. */
  | { readonly kind: "shared-unreadable"; readonly because: string; readonly answered: boolean }
  /** No answer for longer than a healthy file system may take. */
  | { readonly kind: "file-system-unreachable" }
  | { readonly kind: "epoch-made"; readonly epoch: Epoch }
  /** Somebody else was first, or the file system refused. */
  | { readonly kind: "epoch-not-made" }
  | { readonly kind: "epoch-released" }
  | { readonly kind: "epoch-not-released" }
  | { readonly kind: "postgres-accepting"; readonly accepting: boolean }
  /** The postmaster is gone (or never came up); other processes of it may still live. */
  | { readonly kind: "postgres-exited"; readonly how: string }
  | { readonly kind: "postgres-hung" }
  | { readonly kind: "postgres-stable" }
  /** Does a postgres that recovers get on? */
  | { readonly kind: "recovery-stalled"; readonly isStalled: boolean }
  /** Grants and orders are authentic: that is checked before they get here. */
  | { readonly kind: "grant"; readonly grant: Grant }
  | { readonly kind: "order"; readonly order: Order }
  | { readonly kind: "restored" }
  | { readonly kind: "not-restored"; readonly because: string }
  | { readonly kind: "fitness"; readonly unfit: readonly Unfitness[] }
  /** A holder that may not start postgres has waited long enough to become fit. */
  | { readonly kind: "unfit-overdue" }
  /** A holder that is to leave, or whose postgres is to end, has taken too long. */
  | { readonly kind: "leave-overdue" }
  | { readonly kind: "rest-over" }
  | { readonly kind: "stop-requested" };

export type Effect =
  /** Take the local lock; ends in `lock-acquired` once the last postgres process is gone, or first `lock-held-by-orphans`. */
  | { readonly do: "take-lock" }
  | { readonly do: "read-shared" }
  | { readonly do: "make-epoch"; readonly number: number; readonly because: string }
  | { readonly do: "release-epoch"; readonly number: number; readonly because: string }
  /** Hand the lock to a postgres of this epoch. */
  | { readonly do: "start-postgres"; readonly epoch: number; readonly because: string }
  | { readonly do: "stop-postgres"; readonly how: StopHow; readonly because: string }
  /** With the lock in hand: put a backup in the data's place, or (no `point`) finish a restore that was interrupted. */
  | { readonly do: "restore-data"; readonly point: RestorePoint | undefined; readonly because: string }
  | { readonly do: "cancel-restore"; readonly because: string }
  /** `futile`: it rests for the longer, the more of its epochs in a row were. */
  | { readonly do: "rest"; readonly futile: number; readonly because: string }
  | { readonly do: "exit"; readonly because: string };

export function initialState(instanceId: string, binaryVersion: string): AgentState {
  return {
    instanceId,
    binaryVersion,
    intent: "serve",
    leavesBecause: "",
    postgres: { is: "unknown" },
    shared: undefined,
    unreadable: undefined,
    ownEpoch: undefined,
    pending: "none",
    grant: undefined,
    restore: undefined,
    restoreFailure: undefined,
    unfit: [SECRETS_MISSING],
    isStalled: false,
    isOverdue: false,
    fileSystem: "unknown",
    crashes: 0,
    futile: 0,
    exited: false,
  };
}
