import type { Connection, Submittable } from "pg";
import type { DataRow, Statement, TextValues } from "./prepared-query.ts";

/** Holds until the end of the transaction, which is that of the statement behind it. */
const SET_TIMEOUT = "SELECT set_config('statement_timeout', $1, true)";

/**
 * A statement that leaves nothing behind in the session, for poolers that give each transaction another one. All that it needs goes
 * out in one write, and PostgreSQL makes one transaction of it, since a pipeline is one up to its end: no round trip is added.
 */
export class UnnamedQuery implements Submittable {
  /** Node-postgres keeps books of statements with a name only. */
  readonly name = "";
  readonly text: string;
  readonly #values: TextValues;
  readonly #timeout_ms: number | undefined;
  readonly #settle: (error: Error | null, rows: readonly TextValues[]) => void;
  readonly #rows: TextValues[] = [];
  #isTimeoutSet: boolean;

  /** `timeout_ms` undefined: the session has one of its own. `settle` is called once or more; only the first call counts. */
  constructor(
    { text }: Statement,
    values: TextValues,
    timeout_ms: number | undefined,
    settle: (error: Error | null, rows: readonly TextValues[]) => void,
  ) {
    this.text = text;
    this.#values = values;
    this.#timeout_ms = timeout_ms;
    this.#isTimeoutSet = timeout_ms === undefined;
    this.#settle = settle;
  }

  submit(connection: Connection): void {
    connection.stream.cork();
    if (this.#timeout_ms !== undefined) send(connection, SET_TIMEOUT, [String(this.#timeout_ms)]);
    send(connection, this.text, this.#values);
    connection.sync();
    connection.stream.uncork();
  }

  handleDataRow({ fields }: DataRow): void {
    // The first answer is that of the timeout, and says what it was set to.
    if (this.#isTimeoutSet) this.#rows.push(fields);
  }

  handleCommandComplete(): void {
    this.#isTimeoutSet = true;
  }

  handleReadyForQuery(): void {
    this.#settle(null, this.#rows);
  }

  handleError(error: Error): void {
    this.#settle(error, []);
  }
}

function send(connection: Connection, text: string, values: TextValues): void {
  connection.parse({ name: "", text, types: [] }, true);
  connection.bind({ statement: "", values: [...values] }, true);
  connection.execute(null, true);
}
