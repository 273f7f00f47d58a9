import type { PoolClient, Submittable } from "pg";
import { QUERY_TIMEOUT_MS } from "../constants.ts";
import { failureOf } from "./failure.ts";
import { type Preparation, PreparedQuery, type Statement, type TextValues } from "./prepared-query.ts";
import { UnnamedQuery } from "./unnamed-query.ts";

/** A connection of the pool, one statement after the other. After an error it must not be used again. */
export class Session {
  readonly client: PoolClient;
  /** Those of one generation were made before the same break: see Database. */
  readonly generation: number;
  readonly #onStale: (error: Error) => void;
  readonly #prepared = new Set<string>();
  /**
   * One for all statements, set again by each: node-postgres makes one for each query (`query_timeout`), and these keep so
   * much alive that collecting the garbage of a listing took a fifth of its time.
   */
  readonly #watch: NodeJS.Timeout;
  #fail: ((error: Error) => void) | undefined;

  /** `onStale` hears of statements that had to be prepared again. */
  constructor(client: PoolClient, generation: number, onStale: (error: Error) => void) {
    this.client = client;
    this.generation = generation;
    this.#onStale = onStale;
    const onSilence = () => this.#fail?.(new Error(`The database did not answer for ${QUERY_TIMEOUT_MS / 1000} s.`));
    this.#watch = setTimeout(onSilence, QUERY_TIMEOUT_MS).unref();
  }

  /**
   * Rejects with what node-postgres reports, or after QUERY_TIMEOUT_MS without an answer. The statement stays prepared in the
   * connection. When it is stale there, nothing was run, and it is prepared and run again.
   */
  run(statement: Statement, values: TextValues): Promise<readonly TextValues[]> {
    return this.#runPrepared(statement, values, this.#prepared.has(statement.name) ? "done" : "missing");
  }

  /** As `run`, but leaves nothing behind in the connection. `timeout_ms`: after which PostgreSQL itself gives up. */
  runUnnamed(statement: Statement, values: TextValues, timeout_ms: number | undefined): Promise<readonly TextValues[]> {
    return new Promise((resolve, reject) => {
      const query = new UnnamedQuery(statement, values, timeout_ms, (error, rows) => {
        this.#fail = undefined;
        if (error !== null) return reject(error);
        resolve(rows);
      });
      this.#submit(query, reject);
    });
  }

  #runPrepared(statement: Statement, values: TextValues, preparation: Preparation): Promise<readonly TextValues[]> {
    return new Promise((resolve, reject) => {
      const query = new PreparedQuery(statement, values, preparation, (error, rows) => {
        this.#fail = undefined;
        if (error !== null) {
          if (preparation === "again" || failureOf(error) !== "stale") return reject(error);
          this.#onStale(error);
          return resolve(this.#runPrepared(statement, values, "again"));
        }
        if (preparation !== "done") this.#prepared.add(statement.name);
        resolve(rows);
      });
      this.#submit(query, reject);
    });
  }

  #submit(query: Submittable, fail: (error: Error) => void): void {
    this.#fail = fail;
    this.#watch.refresh();
    this.client.query(query);
  }
}
