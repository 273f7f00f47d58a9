import { document } from "./document.ts";
import {
  flag,
  informal,
  lenient,
  list,
  nullable,
  number,
  type ObjectOf,
  object,
  oneOf,
  type Static,
  text,
  whole,
} from "./schema.ts";

/** Why an instance should not be the one that serves, for programs. A reader of another release may meet one that it does not know. */
const UNFITNESS = [
  /** It has neither read the secrets nor kept a copy: without certificate and grant key it can neither start nor be told anything. */
  "secrets-missing",
  /** The certificate that its PostgreSQL shows has ended, or has not begun, by its clock: clients refuse it. */
  "certificate-ended",
  "file-system-away",
  /** Its binaries are of another major version than the data. */
  "data-version",
  /** PostgreSQL recovers, and for a while nothing has moved in it. */
  "recovery-stalled",
  /** It is to leave, or to end its postgres, and for a long time it has not been able to. */
  "release-overdue",
] as const;

export type UnfitnessCode = (typeof UNFITNESS)[number];

/** What the agent's core knows. */
const core = {
  instanceId: text,
  /** `primary`: this instance holds the current epoch, whether or not its postgres accepts already. */
  role: oneOf("starting", "standby", "primary", "stopping"),
  /** The highest epoch that this agent has seen. */
  epoch: nullable(object({ number: whole, holder: text, released: flag })),
  postgres: informal(oneOf("unknown", "absent", "starting", "accepting", "stopping")),
  fileSystem: oneOf("unknown", "ok", "unreachable"),
  /** A standby that could take over at once. */
  ready: flag,
  /** Why it is not ready. */
  notReady: lenient(list(text), []),
  /**
   * Why it is no good as the one that serves, whether or not it is: the function hands over from an unfit holder to a ready standby.
   * An agent that does not say counts as fit.
   */
  unfit: informal(list(object({ code: text, because: text }))),
  /** The restore that was ordered here and is not over yet. */
  restore: informal(nullable(object({ backup: text, targetTime: informal(nullable(text)) }))),
  /** Why the last restore here failed. */
  restoreFailure: informal(nullable(text)),
};

/** What the agent measures; nothing is decided on it. */
const readings = {
  /** What a starting postgres says it is doing, for example `recovering 000000010000000000000003`. */
  recovery: informal(nullable(text)),
  /** Sessions there are, the agent's own included, and how many clients leave each other; `null`: there is no postgres to ask. */
  sessions: informal(nullable(object({ used: whole, max: whole }))),
  /** The room on the shared file system. EFS has no end: its total is 8 EiB. */
  disk: informal(nullable(object({ totalBytes: number, freeBytes: number }))),
  /** `null`: this instance makes none. */
  backups: informal(
    nullable(
      object({
        /** The newest base backup of this database system. */
        lastBase: nullable(object({ backup: text, finishedAt: text, bytes: number })),
        /** Since when this instance's postgres accepts: without a base backup, its data is as old. */
        servingSince: informal(nullable(text)),
        running: flag,
        /** Failed in a row, and why the last one did. */
        failures: number,
        failure: nullable(text),
        /** pg_stat_archiver. */
        wal: nullable(
          object({
            lastFile: nullable(text),
            lastAt: nullable(text),
            failures: number,
            lastFailure: nullable(text),
            /** Age of the oldest WAL segment that waits to be archived; 0: none waits. */
            waiting_s: informal(number),
          }),
        ),
      }),
    ),
  ),
  /** The certificate that PostgreSQL shows; `null`: none was read yet. */
  certificate: informal(nullable(object({ endsAt: text }))),
};

const status = document("agent status", object({ ...core, ...readings }));

/** `GET /status` of an agent, of this release or another one. */
export const AgentStatusSchema: typeof status = { ...status, read: (given) => status.read(inOwnForm(given)) };

export type AgentStatus = Static<typeof AgentStatusSchema>;

/** All that an agent of this release writes. */
export type Status = Required<AgentStatus>;
export type CoreStatus = Required<ObjectOf<typeof core>>;
export type Readings = Required<ObjectOf<typeof readings>>;
export type BackupStatus = Omit<NonNullable<Readings["backups"]>, "wal">;
export type ArchiverStatus = NonNullable<NonNullable<Readings["backups"]>["wal"]>;

/** A probe function before this form handed a restore on as `{running, failure}`; while it is replaced both forms are under way. */
function inOwnForm(given: unknown): unknown {
  const { restore } = Object(given);
  const { running, failure } = Object(restore);
  if (running === undefined && failure === undefined) return given;
  return { ...Object(given), restore: running === null ? null : { backup: running }, restoreFailure: failure };
}
