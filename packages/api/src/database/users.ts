import type { Database } from "./database.ts";
import type { Statement } from "./prepared-query.ts";

export interface NewUser {
  readonly username: string;
  readonly email: string;
}

export interface User extends NewUser {
  readonly id: number;
}

/** `repeated`: the same request with the same idempotency key was carried out before. */
type AddOutcome = "added" | "repeated" | "taken" | "key-reused";

/**
 * One statement, committed by itself: it either leaves exactly one row or none. ON CONFLICT also waits for another
 * transaction that is about to insert the same name.
 */
const INSERT: Statement = {
  name: "insert-user",
  text: `INSERT INTO users (username, email, idempotency_key) VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING RETURNING id`,
};

const FIND_BY_KEY: Statement = {
  name: "find-user-by-key",
  text: "SELECT username, email FROM users WHERE idempotency_key = $1",
};

/** Starts in the primary key's index at `after`: a page costs the same wherever it lies. */
export const LIST: Statement = {
  name: "list-users",
  text: "SELECT id, username, email FROM users WHERE id > $1 ORDER BY id LIMIT $2",
};

/** A key is valid as long as the user that was added with it; a refused request leaves none. */
export async function addUser(
  database: Database,
  user: NewUser,
  idempotencyKey: string | undefined,
): Promise<AddOutcome> {
  const inserted = await database.write(INSERT, [user.username, user.email, idempotencyKey ?? null]);
  if (inserted.length === 1) return "added";
  if (idempotencyKey === undefined) return "taken";
  const [earlier] = await database.read(FIND_BY_KEY, [idempotencyKey]);
  if (earlier === undefined) return "taken";
  const [username, email] = earlier;
  return username === user.username && email === user.email ? "repeated" : "key-reused";
}

/** Users with an id above `after`, in order of their ids, at most `limit`. */
export async function listUsers(database: Database, after: number, limit: number): Promise<readonly User[]> {
  const rows = await database.read(LIST, [String(after), String(limit)]);
  // No column is NULL; ids stay far below 2^53.
  return rows.map(([id, username, email]) => ({ email: email ?? "", id: Number(id), username: username ?? "" }));
}
