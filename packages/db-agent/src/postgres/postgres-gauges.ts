import type { ArchiverStatus, Readings } from "@cloudy/contracts/agent-status.ts";
import type { Client } from "pg";

export type SessionsInUse = NonNullable<Readings["sessions"]>;

/**
 * The agent's own counts as well: it takes a place like others while there are any. The last ones, which `max` leaves out, are for
 * superusers alone.
 */
export async function countSessions(client: Client): Promise<SessionsInUse> {
  const { rows } = await client.query<SessionsInUse>(
    `SELECT count(*)::int AS used,
            current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
              - coalesce(current_setting('reserved_connections', true)::int, 0) AS max
       FROM pg_stat_activity WHERE backend_type = 'client backend'`,
  );
  return rows[0] ?? { used: 0, max: 0 };
}

export function isFull(sessions: SessionsInUse | undefined): boolean {
  return sessions !== undefined && sessions.used >= sessions.max;
}

export async function readArchiver(client: Client): Promise<ArchiverStatus | undefined> {
  const { rows } = await client.query<{
    file: string | null;
    at: Date | null;
    failures: string;
    failed: string | null;
    waiting_s: number;
  }>(
    `SELECT last_archived_wal AS file, last_archived_time AS at, failed_count AS failures,
            CASE WHEN last_failed_time > coalesce(last_archived_time, '-infinity') THEN last_failed_wal END AS failed,
            (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(modification)), 0)::float8
               FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready') AS waiting_s
       FROM pg_stat_archiver`,
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { file, at, failures, failed, waiting_s } = row;
  return {
    lastFile: file,
    lastAt: at?.toISOString() ?? null,
    failures: Number(failures),
    lastFailure: failed,
    // The file system's clock is not the database's.
    waiting_s: Math.max(0, waiting_s),
  };
}
