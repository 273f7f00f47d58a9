import type { Connection, Submittable } from "pg";

/** SQL under a name: each connection has it parsed and planned once. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** As PostgreSQL reads and writes them: text, whatever their type. */
export type TextValues = readonly (string | null)[];

/** Whether the connection has the statement; `again`: it has, or may have, another one of that name, which must go first. */
export type Preparation = "done" | "missing" | "again";

export interface DataRow {
  readonly fields: TextValues;
}

/**
 * A query as node-postgres takes them from others, pg-cursor for one. Its own asks for the columns again each time, copies
 * its options, and makes an object of parsed values of each row: that takes about as long as sending the statement.
 */
export class PreparedQuery implements Submittable {
  /** Node-postgres keeps books of prepared statements by these two. */
  readonly name: string;
  readonly text: string;
  readonly #values: TextValues;
  readonly #preparation: Preparation;
  readonly #settle: (error: Error | null, rows: readonly TextValues[]) => void;
  readonly #rows: TextValues[] = [];

  /** `settle` is called once or more; only the first call counts. */
  constructor(
    { name, text }: Statement,
    values: TextValues,
    preparation: Preparation,
    settle: (error: Error | null, rows: readonly TextValues[]) => void,
  ) {
    this.name = name;
    this.text = text;
    this.#values = values;
    this.#preparation = preparation;
    this.#settle = settle;
  }

  submit(connection: Connection): void {
    // All messages in one write.
    connection.stream.cork();
    if (this.#preparation === "again") connection.close({ type: "S", name: this.name }, true);
    if (this.#preparation !== "done") connection.parse({ name: this.name, text: this.text, types: [] }, true);
    connection.bind({ statement: this.name, values: [...this.#values] }, true);
    connection.execute(null, true);
    connection.sync();
    connection.stream.uncork();
  }

  handleDataRow({ fields }: DataRow): void {
    this.#rows.push(fields);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#settle(null, this.#rows);
  }

  handleError(error: Error): void {
    this.#settle(error, []);
  }
}
