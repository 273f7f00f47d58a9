import { PAGE_ROWS } from "../constants.ts";

/**
 * What the API sends to PostgreSQL, for the floor to send the same, and prepared as well; but the floor's sessions are as they
 * come. A run begins by reading from PostgreSQL what the API has really sent, and refuses to start when that is something else.
 */
export const LIST_STATEMENT = {
  name: "list",
  text: "SELECT id, username, email FROM users WHERE id > $1 ORDER BY id LIMIT $2",
};
/** One row more than the page tells the API whether there is another one. */
export const LIST_VALUES = [0, PAGE_ROWS + 1] as const;

export const ADD_STATEMENT = {
  name: "add",
  text: `INSERT INTO users (username, email, idempotency_key) VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING RETURNING id`,
};

/** Statements differ only if they differ in more than white space. */
export function isSameStatement(a: string, b: string): boolean {
  const plain = (text: string) => text.replace(/\s+/g, " ").trim();
  return plain(a) === plain(b);
}
