import { type LogLine, parseLogLine } from "./log-line.ts";

/** Every event that a database agent logs. */
const AGENT_LOG_CODES = [
  "agent-up",
  "agent-ends",
  "agent-failed",
  /** Fields: `role` and `postgres`, as in the status. */
  "state-changed",
  // What the agent sets about, each with its reason; fields: `do`, `because` and more.
  "make-epoch",
  "release-epoch",
  "start-postgres",
  "stop-postgres",
  "restore-data",
  "cancel-restore",
  "rest",
  "exit",
  // Epochs and the shared file system.
  "epoch-made",
  "epoch-not-made",
  "epoch-change-failed",
  "look-failed",
  "file-system-away",
  // PostgreSQL on this machine.
  "data-initialized",
  /** Processes of an earlier agent's postgres serve on. */
  "postgres-adopted",
  "postgres-ended",
  "postgres-silent",
  /** Nothing moves in its recovery, or does again. */
  "recovery-stalled",
  "recovery-moves",
  "checkpoint-failed",
  /** Clients have taken every session that there is for them: nobody else gets in. Then: there are some again. */
  "sessions-exhausted",
  "sessions-left",
  // Messages.
  "grant-accepted",
  "grant-refused",
  "order-accepted",
  "order-refused",
  "mark-failed",
  // Secrets and certificate.
  "secrets-unusable",
  "key-not-kept",
  /** What the instance lacks to be fit to serve. */
  "unfit",
  "secret-applied",
  "secret-not-applied",
  "certificate-taken",
  "certificate-expires",
  // Backups and restores.
  "backup-begun",
  "backup-complete",
  "backup-failed",
  "backups-removed",
  /** A manifest in the bucket that is none; field: `key`. */
  "manifest-unreadable",
  "backup-downloaded",
  "data-restored",
  "data-not-restored",
  "replaced-data-kept",
  "wal-not-archived",
  "wal-not-fetched",
  "command-ended",
  "command-unknown",
  // The instance.
  "instance-id-unread",
  "protection-set",
  "protection-not-set",
  /** The group counts the instance as in service from then on. */
  "readiness-told",
  "readiness-not-told",
] as const;

export type AgentLogCode = (typeof AGENT_LOG_CODES)[number];

/** The event in a line of an agent's output; `undefined` for lines of others, such as PostgreSQL's own. */
export function parseAgentLine(line: string): LogLine<AgentLogCode> | undefined {
  return parseLogLine(line, AGENT_LOG_CODES);
}
