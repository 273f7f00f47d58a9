import { LOAD_NUMBER, PATIENCE_MS } from "./constants.ts";
import type { Sample, Task, Watched } from "./driver-contract.ts";
import type { Postgres } from "./postgres.ts";
import type { Peer, Row } from "./rows.ts";
import { answerOf, type Server } from "./server.ts";
import { driverOf, type Stage, serverOf } from "./stage.ts";

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

/** Users were acknowledged that are not in the table: no figure is worth more than this. */
export class UsersLost extends Error {
  override readonly name = "UsersLost";
}

/**
 * Gives what one peer did in one window of a row. `turn` is of this window alone: it names the users that are added.
 * Throws when what was measured was not the work: a benchmark of errors is worth nothing.
 */
export async function measure(stage: Stage, row: Row, peer: Peer, turn: string, timing: Timing): Promise<Sample> {
  const newUsers = row.method === "POST" ? `${row.key}-${peer}-${turn}` : undefined;
  const [server, driver] = [serverOf(stage, row, peer)?.current, driverOf(stage, peer).current];
  const postgres = stage.postgres.current;
  const task = taskOf(postgres.url, server, row, peer, newUsers);
  const watched: Watched = {
    pids: server === undefined ? [driver.process.pid] : [],
    // A server may have processes of its own, one for each core for example.
    families: [server, row.usesDatabase ? postgres : undefined].flatMap((kept) => kept?.process.pid ?? []),
    cores: stage.cores[row.cores],
  };
  const take = async () => {
    // So that nobody has to write what somebody else has left behind.
    if (newUsers !== undefined) await postgres.sql("CHECKPOINT");
    if (row.usesDatabase) await setCommitDelay(postgres, row.commitDelay_us);
    const sample = await driver.run({ task, ...timing, watched });
    assertWorkDone(row, peer, sample);
    if (newUsers !== undefined) await assertUsersPresent(postgres, newUsers, sample);
    // What the load has left in the server's queue must not burden who comes next.
    if (server !== undefined) await answerOf(server, PATIENCE_MS);
    return sample;
  };
  const ends = [server, postgres].flatMap((kept) => kept?.process.died ?? []);
  return await Promise.race([take(), ...ends, stage.interrupted]);
}

function taskOf(
  databaseUrl: string,
  server: Server | undefined,
  row: Row,
  peer: Peer,
  newUsers: string | undefined,
): Task {
  if (peer === "loop") return { kind: "primes", number: LOAD_NUMBER };
  if (peer === "pg") return { kind: "statements", databaseUrl, concurrency: row.connections, newUsers };
  if (server === undefined) throw new Error(`${row.title} of ${peer}: there is no such server.`);
  return {
    kind: "requests",
    url: `${server.url}${row.path}`,
    connections: row.connections,
    newUsers,
    expectedStatus: row.expectedStatus,
    healthUrl: row.key === "healthz" ? `${server.url}/healthz` : undefined,
  };
}

/** Sessions that exist take it over before their next statement. */
async function setCommitDelay(postgres: Postgres, delay_us: number): Promise<void> {
  await postgres.sql(`ALTER SYSTEM SET commit_delay = ${delay_us}`);
  await postgres.sql("SELECT pg_reload_conf()");
}

function assertWorkDone(row: Row, peer: Peer, { completed, unexpected, health_ms }: Sample): void {
  const reasons = Object.entries(unexpected).map(([reason, count]) => `${count} × ${reason}`);
  if (reasons.length > 0) throw new Error(`${row.title} of ${peer} did not do its work: ${reasons.join(", ")}.`);
  const count = row.key === "healthz" ? health_ms.length : completed;
  if (count === 0) throw new Error(`${row.title} of ${peer} gave no answer in the window: give more --seconds.`);
}

/** Every user that was acknowledged is a row; what was under way at the end may be one, too. */
async function assertUsersPresent(postgres: Postgres, prefix: string, { doneInAll }: Sample): Promise<void> {
  const [found] = await postgres.sql<{ count: number }>(
    "SELECT count(*)::int AS count FROM users WHERE username LIKE $1 || '-%'",
    [prefix],
  );
  if (found === undefined || found.count < doneInAll) {
    throw new UsersLost(`${doneInAll} users ${prefix}-… were acknowledged, but only ${found?.count} are there.`);
  }
}
