import type { FastifyInstance } from "fastify";
import { expect } from "vitest";
import { post } from "./service.ts";

/** Answers that show that all clients went on, several times. */
const PROGRESS_ANSWERS = 120;

/** What the clients were told. */
interface Told {
  readonly statuses: ReadonlySet<number>;
  /** Users that are there. */
  readonly acknowledged: readonly string[];
  /** Users that are certainly not there. */
  readonly unchanged: readonly string[];
}

/** Clients that write and read, one request after another, and remember what they were told. */
export interface Traffic {
  /** Waits until all have been answered again and again, whatever the answers were. */
  progress(): Promise<void>;
  /** Waits for a user that is added from now on. */
  added(): Promise<void>;
  end(): Promise<Told>;
}

export function startTraffic(apps: readonly FastifyInstance[]): Traffic {
  const statuses = new Set<number>();
  const acknowledged: string[] = [];
  const unchanged: string[] = [];
  let answers = 0;
  let isOver = false;
  const write = async (app: FastifyInstance, writer: string) => {
    for (let n = 0; !isOver; n += 1) {
      const username = `${writer}-${n}`;
      const { statusCode, body } = await post(app, { username, email: `${username}@example.com` });
      statuses.add(statusCode);
      if (statusCode === 201) acknowledged.push(username);
      else if (/changed nothing|nothing was changed/.test(body)) unchanged.push(username);
      answers += 1;
    }
  };
  const read = async (app: FastifyInstance) => {
    while (!isOver) {
      statuses.add((await app.inject("/users?limit=5")).statusCode);
      answers += 1;
    }
  };
  const clients = apps.flatMap((app, a) => [0, 1, 2, 3].flatMap((w) => [write(app, `a${a}w${w}`), read(app)]));
  const more = async (count: () => number, than: number) => {
    const before = count();
    await expect.poll(count, { timeout: 20_000, interval: 10 }).toBeGreaterThan(before + than);
  };
  return {
    progress: () => more(() => answers, PROGRESS_ANSWERS),
    added: () => more(() => acknowledged.length, 0),
    end: async () => {
      isOver = true;
      await Promise.all(clients);
      return { statuses, acknowledged, unchanged };
    },
  };
}
