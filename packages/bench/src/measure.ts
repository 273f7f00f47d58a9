import { LOAD_NUMBER } from "./constants.ts";
import type { Sample, Task, Watched } from "./driver-contract.ts";
import type { Postgres } from "./postgres.ts";
import type { Peer, Row } from "./rows.ts";
import { type Server, type Stage, serverOf } from "./stage.ts";

/** One window of one peer in one row. */
export interface Measurement {
  readonly round: number;
  readonly row: Row;
  readonly peer: Peer;
  readonly sample: Sample;
}

export interface Timing {
  readonly warmup_ms: number;
  readonly window_ms: number;
}

/**
 * Gives what one peer did in one window of a row. `turn` is of this window alone: it names the users that are added.
 * Throws when what was measured was not the work: a benchmark of errors is worth nothing.
 */
export async function measure(stage: Stage, row: Row, peer: Peer, turn: string, timing: Timing): Promise<Sample> {
  const newUsers = row.method === "POST" ? `${row.key}-${peer}-${turn}` : undefined;
  // So that nobody has to write what somebody else has left behind.
  if (newUsers !== undefined) await stage.postgres.sql("CHECKPOINT");
  const { driver, task, server } = plan(stage, row, peer, newUsers);
  const watched: Watched = {
    pids: [server?.process.pid ?? driver.process.pid],
    families: row.usesDatabase ? [stage.postgres.process.pid] : [],
    cores: stage.cores[row.cores],
  };
  if (row.usesDatabase) await setCommitDelay(stage.postgres, row.commitDelay_us);
  const sample = await Promise.race([driver.run({ task, ...timing, watched }), stage.ended]);
  assertWorkDone(row, peer, sample);
  if (newUsers !== undefined) await assertUsersPresent(stage, newUsers, sample);
  // What the load has left in the server's queue must not burden who comes next.
  if (server !== undefined) await (await fetch(`${server.url}/healthz`)).text();
  return sample;
}

function plan(stage: Stage, row: Row, peer: Peer, newUsers: string | undefined) {
  switch (peer) {
    case "loop": {
      const task: Task = { kind: "primes", number: LOAD_NUMBER };
      return { driver: stage.drivers.loop, task };
    }
    case "pg": {
      const { url: databaseUrl } = stage.postgres;
      const task: Task = { kind: "statements", databaseUrl, concurrency: row.connections, newUsers };
      return { driver: stage.drivers.pg, task };
    }
    default: {
      const server = serverOf(stage, row, peer);
      if (server === undefined) throw new Error(`${row.title} of ${peer}: there is no such server.`);
      return { driver: stage.drivers.generator, task: requests(server, row, newUsers), server };
    }
  }
}

/** Sessions that exist take it over before their next statement. */
async function setCommitDelay(postgres: Postgres, delay_us: number): Promise<void> {
  await postgres.sql(`ALTER SYSTEM SET commit_delay = ${delay_us}`);
  await postgres.sql("SELECT pg_reload_conf()");
}

function requests(server: Server, row: Row, newUsers: string | undefined): Task {
  return {
    kind: "requests",
    url: `${server.url}${row.path}`,
    connections: row.connections,
    newUsers,
    expectedStatus: row.expectedStatus,
    healthUrl: row.key === "healthz" ? `${server.url}/healthz` : undefined,
  };
}

function assertWorkDone(row: Row, peer: Peer, { completed, unexpected, health_ms }: Sample): void {
  const reasons = Object.entries(unexpected).map(([reason, count]) => `${count} × ${reason}`);
  if (reasons.length > 0) throw new Error(`${row.title} of ${peer} did not do its work: ${reasons.join(", ")}.`);
  const count = row.key === "healthz" ? health_ms.length : completed;
  if (count === 0) throw new Error(`${row.title} of ${peer} gave no answer in the window: give more --seconds.`);
}

/** Every user that was acknowledged is a row; what was under way at the end may be one, too. */
async function assertUsersPresent(stage: Stage, prefix: string, { doneInAll }: Sample): Promise<void> {
  const [found] = await stage.postgres.sql<{ count: number }>(
    "SELECT count(*)::int AS count FROM users WHERE username LIKE $1 || '-%'",
    [prefix],
  );
  if (found === undefined || found.count < doneInAll) {
    throw new Error(`${doneInAll} users ${prefix}-… were acknowledged, but only ${found?.count} are there.`);
  }
}
