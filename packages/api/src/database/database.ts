import { setTimeout as delay } from "node:timers/promises";
import type { FastifyBaseLogger } from "fastify";
import type { Pool, PoolClient } from "pg";
import {
  READY_RETRY_DELAY_MS_MAX,
  READY_RETRY_DELAY_MS_MIN,
  RETRY_DELAY_MS_MIN,
  RETRY_TIME_MS,
  STATEMENT_TIMEOUT_MS,
} from "../constants.ts";
import { DatabaseUnavailable } from "../problem.ts";
import type { Credentials } from "./credentials.ts";
import { failureOf, isStatementLost } from "./failure.ts";
import { migrate } from "./migrations.ts";
import { type Pooler, STATEMENT_LOST_ADVICE, withPoolerAdvice } from "./pooler.ts";
import type { Statement, TextValues } from "./prepared-query.ts";
import { Session } from "./session.ts";

const OWN_TIMEOUT: Statement = {
  name: "statement-timeout",
  text: "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'",
};

/**
 * The database as the routes see it: reads and writes that either give their rows or throw DatabaseUnavailable.
 * It becomes ready in the background and gets over lost connections by itself.
 */
export class Database {
  readonly #pool: Pool;
  readonly #credentials: Credentials;
  readonly #pooler: Pooler;
  readonly #log: FastifyBaseLogger;
  readonly #stop = new AbortController();
  #isReady = false;
  readonly #reached = Promise.withResolvers<void>();
  /** Raised when a connection broke: its elder siblings lead to the same lost server and are not used again. */
  #generation = 0;
  readonly #sessions = new WeakMap<PoolClient, Session>();
  /** Set by each transaction behind a pooler; undefined where sessions have one by themselves. */
  #timeout_ms: number | undefined = STATEMENT_TIMEOUT_MS;
  #isAdviceGiven = false;

  constructor(pool: Pool, credentials: Credentials, pooler: Pooler, log: FastifyBaseLogger) {
    this.#pool = pool;
    this.#credentials = credentials;
    this.#pooler = pooler;
    this.#log = log;
    pool.on("connect", (client) => {
      this.#sessions.set(client, new Session(client, this.#generation, (error) => this.#noteStale(error)));
      // Without a listener an error between two statements would end the process; the next statement reports it.
      client.on("error", (error) => log.warn({ err: error }, "a database connection broke"));
    });
    // Idle connections: the pool has dropped the client already.
    pool.on("error", (_error, client) => this.#suspect(client));
  }

  /** Resolves when it has been reached for the first time. */
  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  /** Fetches the credentials and migrates, again and again until both worked. Never rejects. */
  async becomeReady(): Promise<void> {
    for (let attempt = 0; !this.#stop.signal.aborted; attempt += 1) {
      try {
        if (this.#credentials.current() === undefined) await this.#credentials.refresh(undefined);
        const applied = await this.#withSession((session) => this.#prepare(session));
        this.#isReady = true;
        this.#reached.resolve();
        this.#log.info({ applied }, "the database is ready");
        return;
      } catch (error) {
        const delay_ms = backOff_ms(attempt, READY_RETRY_DELAY_MS_MIN, READY_RETRY_DELAY_MS_MAX);
        this.#log.warn({ err: error, delay_ms }, "the database is not ready yet");
        await delay(delay_ms, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
      }
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  async #prepare(session: Session): Promise<readonly string[]> {
    const applied = await migrate(session.client);
    if (this.#pooler === "none") return applied;
    const rows = await session.runUnnamed(OWN_TIMEOUT, [], undefined);
    const own_ms = Number(rows[0]?.[0] ?? 0);
    this.#timeout_ms = own_ms > 0 && own_ms <= STATEMENT_TIMEOUT_MS ? undefined : STATEMENT_TIMEOUT_MS;
    return applied;
  }

  /** Runs a statement that changes nothing; it is repeated once when the connection breaks under it. */
  async read(statement: Statement, values: TextValues = []): Promise<readonly TextValues[]> {
    const generation = this.#generation;
    try {
      return await this.write(statement, values);
    } catch (error) {
      const isConnectionLost = error instanceof DatabaseUnavailable && this.#generation !== generation;
      if (!isConnectionLost) throw error;
      return await this.write(statement, values);
    }
  }

  /**
   * Runs a statement that changes something. It is repeated, for a short time, only while it is certain that it had no
   * effect: nothing was sent, or the server said that it rolled back.
   */
  async write(statement: Statement, values: TextValues): Promise<readonly TextValues[]> {
    const end_ms = performance.now() + RETRY_TIME_MS;
    for (let attempt = 0; ; attempt += 1) {
      this.#assertReady();
      try {
        return await this.#withSession((session) =>
          this.#pooler === "none"
            ? session.run(statement, values)
            : session.runUnnamed(statement, values, this.#timeout_ms),
        );
      } catch (error) {
        const isUndone = error instanceof DatabaseUnavailable && error.isUndone;
        const delay_ms = backOff_ms(attempt, RETRY_DELAY_MS_MIN, RETRY_TIME_MS);
        if (!isUndone || performance.now() + delay_ms > end_ms) throw error;
        await delay(delay_ms);
      }
    }
  }

  #assertReady(): void {
    if (this.#isReady) return;
    throw new DatabaseUnavailable("The database has not been reached yet; try again shortly.", { isUndone: false });
  }

  async #withSession<Result>(task: (session: Session) => Promise<Result>): Promise<Result> {
    const session = await this.#acquire();
    try {
      const result = await task(session);
      session.client.release();
      return result;
    } catch (error) {
      const failure = failureOf(error);
      if (failure === "connection-lost") this.#suspect(session.client);
      // A connection amid a transaction or without an answer is no use to anybody else.
      session.client.release(true);
      if (failure === "statement") throw error;
      const isUndone = failure !== "connection-lost";
      const detail = isUndone
        ? "The database cannot do this now and changed nothing; try again shortly."
        : "The database broke off before it answered; whether a change took place is unknown.";
      throw new DatabaseUnavailable(detail, { cause: error, isUndone });
    }
  }

  /** Nothing has been sent yet while this runs, so it may try again. */
  async #acquire(): Promise<Session> {
    for (;;) {
      const client = await this.#connect();
      const session = this.#sessions.get(client);
      if (session?.generation === this.#generation) return session;
      client.release(true);
    }
  }

  async #connect(): Promise<PoolClient> {
    const credentials = this.#credentials.current();
    try {
      return await this.#pool.connect().catch(async (error: unknown) => {
        if (failureOf(error) !== "login-refused") throw error;
        const isChanged = await this.#credentials.refresh(credentials);
        this.#log.warn({ isChanged }, "the database refused the credentials");
        if (!isChanged) throw error;
        return await this.#pool.connect();
      });
    } catch (error) {
      const detail = "The database cannot be reached, or is too busy; nothing was changed.";
      const cause = this.#pooler === "none" ? withPoolerAdvice(error) : error;
      throw new DatabaseUnavailable(detail, { cause, isUndone: true });
    }
  }

  /** Behind an unknown pooler that would be a line for every other request. */
  #noteStale(error: Error): void {
    if (!isStatementLost(error)) {
      this.#log.info({ err: error }, "a statement was prepared again");
    } else if (!this.#isAdviceGiven) {
      this.#isAdviceGiven = true;
      this.#log.warn({ err: error }, STATEMENT_LOST_ADVICE);
    }
  }

  /** A connection broke: those made before it was noticed are not trusted any more. */
  #suspect(client: PoolClient): void {
    if (this.#sessions.get(client)?.generation === this.#generation) this.#generation += 1;
  }
}

/** Doubles from attempt to attempt, with a random part so that instances do not knock in step. */
function backOff_ms(attempt: number, min_ms: number, max_ms: number): number {
  return Math.round(Math.min(min_ms * 2 ** attempt, max_ms) * (0.75 + Math.random() / 4));
}
