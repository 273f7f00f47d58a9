import { randomInt } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { expect, onTestFinished, test, vi } from "vitest";
import { createNetwork } from "./network.ts";
import { createPostgres } from "./postgres-server.ts";
import { post, startService, untilReady } from "./service.ts";

/** Another order of the faults: CHAOS_SEED=<number>. */
const SEED = Number(process.env["CHAOS_SEED"] ?? randomInt(1_000_000));
/** How long the database may take to be back, on a busy machine. */
const PATIENCE = { timeout: 20_000, interval: 20 };
const WRITERS = 4;

/** What the writers were told. */
class Ledger {
  readonly acknowledged: string[] = [];
  readonly keyed: string[] = [];
  refused = 0;
  readonly statuses = new Set<number>();
}

/** Writes one user after another. Without a key a failed one is given up, with a key it is repeated until it is taken. */
async function write(app: FastifyInstance, prefix: string, isKeyed: boolean, ledger: Ledger, isOver: () => boolean) {
  for (let n = 0; !isOver(); n += 1) {
    const username = `${prefix}-${n}`;
    const headers: Record<string, string> = isKeyed ? { "idempotency-key": username } : {};
    let status = 0;
    do {
      status = (await post(app, { username, email: `${username}@example.com` }, headers)).statusCode;
      ledger.statuses.add(status);
      if (status === 503) ledger.refused += 1;
    } while (isKeyed && status !== 201 && !isOver());
    if (status === 201) (isKeyed ? ledger.keyed : ledger.acknowledged).push(username);
  }
}

test(`A2: over restarts, a freeze, a cut and a failover acknowledged is present, once (CHAOS_SEED=${SEED})`, async () => {
  const postgres = await createPostgres();
  onTestFinished(() => postgres.remove());
  await postgres.start();
  const network = await createNetwork(postgres.port);
  onTestFinished(() => network.close());
  const url = postgres.url.replace(String(postgres.port), String(network.port));
  const apps = await Promise.all([startService({ DATABASE_URL: url }), startService({ DATABASE_URL: url })]);
  await Promise.all(apps.map(untilReady));
  // Without these a doubled write could not be seen: only the key is left to tell.
  await postgres.sql("ALTER TABLE users DROP CONSTRAINT users_username_key, DROP CONSTRAINT users_email_key");
  await postgres.sql("DROP INDEX users_email_folded");

  const ledger = new Ledger();
  let isOver = false;
  const writers = apps.flatMap((app, a) =>
    Array.from({ length: WRITERS }, (_, w) => write(app, `a${a}w${w}`, w % 2 === 0, ledger, () => isOver)),
  );
  // Also when a fault fails: nobody writes on to a service that is closed.
  const finish = async () => {
    isOver = true;
    await Promise.all(writers);
  };
  onTestFinished(finish);
  const refusals = async () => {
    const before = ledger.refused;
    await vi.waitFor(() => expect(ledger.refused).toBeGreaterThan(before), PATIENCE);
  };
  const progress = async () => {
    const [plain, keyed] = [ledger.acknowledged.length, ledger.keyed.length];
    await vi.waitFor(() => {
      expect(ledger.acknowledged.length).toBeGreaterThan(plain + 20);
      expect(ledger.keyed.length).toBeGreaterThan(keyed + 20);
    }, PATIENCE);
  };
  const faults: Readonly<Record<string, () => Promise<void>>> = {
    restart: async () => {
      await postgres.stop("fast");
      await postgres.start();
    },
    crash: async () => {
      await postgres.stop("immediate");
      await refusals();
      await postgres.start();
    },
    freeze: async () => {
      await postgres.freeze();
      await refusals();
      await postgres.thaw();
    },
    // Writes are carried out, their acknowledgements get lost, and the connection breaks at once.
    cut: async () => {
      const count = async () => (await postgres.sql<{ n: number }>("SELECT count(*)::int AS n FROM users"))[0]?.n ?? 0;
      network.set("deaf");
      let before = -1;
      const settled = async () => {
        const now = await count();
        const isSettled = now === before;
        before = now;
        expect(isSettled).toBe(true);
      };
      await vi.waitFor(settled, { ...PATIENCE, interval: 100 });
      network.set("closed");
      await refusals();
      network.set("open");
    },
    failover: async () => {
      network.set("silent");
      await postgres.failOver();
      network.moveTo(postgres.port);
      network.set("open");
      await refusals();
    },
  };
  await progress();
  for (const name of shuffled(Object.keys(faults), SEED)) {
    await faults[name]?.();
    await progress();
  }
  await finish();

  expect([...ledger.statuses].sort()).toEqual([201, 503]);
  const rows = (await postgres.sql<{ username: string }>("SELECT username FROM users")).map((row) => row.username);
  const present = new Set(rows);
  expect(rows.length).toBe(present.size);
  expect([...ledger.acknowledged, ...ledger.keyed].filter((name) => !present.has(name))).toEqual([]);
});

/** Fisher and Yates with a small generator of random numbers (mulberry32). */
function shuffled(items: readonly string[], seed: number): readonly string[] {
  const result = [...items];
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let index = result.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    [result[index], result[other]] = [result[other]!, result[index]!];
  }
  return result;
}
