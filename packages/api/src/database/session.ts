import type { PoolClient } from "pg";
import { QUERY_TIMEOUT_MS } from "../constants.ts";
import { PreparedQuery, type Statement, type TextValues } from "./prepared-query.ts";

/** A connection of the pool, one statement after the other. After an error it must not be used again. */
export class Session {
  readonly client: PoolClient;
  /** Those of one generation were made before the same break: see Database. */
  readonly generation: number;
  readonly #prepared = new Set<string>();
  /**
   * One for all statements, set again by each: node-postgres makes one for each query (`query_timeout`), and these keep so
   * much alive that collecting the garbage of a listing took a fifth of its time.
   */
  readonly #watch: NodeJS.Timeout;
  #fail: ((error: Error) => void) | undefined;

  constructor(client: PoolClient, generation: number) {
    this.client = client;
    this.generation = generation;
    const onSilence = () => this.#fail?.(new Error(`The database did not answer for ${QUERY_TIMEOUT_MS / 1000} s.`));
    this.#watch = setTimeout(onSilence, QUERY_TIMEOUT_MS).unref();
  }

  /** Rejects with what node-postgres reports, or after QUERY_TIMEOUT_MS without an answer. */
  run(statement: Statement, values: TextValues): Promise<readonly TextValues[]> {
    return new Promise((resolve, reject) => {
      const isPrepared = this.#prepared.has(statement.name);
      const query = new PreparedQuery(statement, values, isPrepared, (error, rows) => {
        this.#fail = undefined;
        if (error !== null) return reject(error);
        if (!isPrepared) this.#prepared.add(statement.name);
        resolve(rows);
      });
      this.#fail = reject;
      this.#watch.refresh();
      this.client.query(query);
    });
  }
}
