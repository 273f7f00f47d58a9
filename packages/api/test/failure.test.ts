import { expect, test } from "vitest";
import { failureOf } from "../src/database/failure.ts";

/** As node-postgres gives what a server answers. */
const answer = (code: string, message = "", fields: Readonly<Record<string, string>> = {}) =>
  Object.assign(new Error(message), { code, severity: "ERROR", ...fields });
/** PgBouncer ends the connection with all that it says. */
const pgbouncer = (message: string) => answer("08P01", message, { severity: "FATAL" });

test.each([
  "query_wait_timeout",
  "query_timeout",
  "server login has been failing, try again later (server_login_retry)",
  "server login has been failing, cached error: connect failed (server_login_retry)",
  "pgbouncer cannot connect to server",
  "no more connections allowed (max_client_conn)",
  "client connections exceeded (max_db_client_connections)",
  "client_login_timeout",
  "client_login_timeout (server down)",
  "no such database: other",
  'database "cloudy" is disabled',
  'database "cloudy" is paused',
  "server shutting down",
  "unsupported startup parameter: statement_timeout",
])("A2: PgBouncer's `%s` came before anything was sent", (message) => {
  expect(failureOf(pgbouncer(message))).toBe("unavailable");
});

test.each([
  "server conn crashed?",
  "query timeout",
  "transaction timeout",
  "idle transaction timeout",
  "database removed",
  "admin forced disconnect",
  "suspend_timeout",
  "client_idle_timeout",
  "what a later version says",
])("A2: after PgBouncer's `%s` it is unknown what became of the statement", (message) => {
  expect(failureOf(pgbouncer(message))).toBe("connection-lost");
});

test.each(["password authentication failed", "SASL authentication failed", "no such user"])(
  "A2: PgBouncer's `%s` has the secret fetched again",
  (message) => {
    expect(failureOf(pgbouncer(message))).toBe("login-refused");
  },
);

test.each([
  ["57P03", "the database system is starting up"],
  ["3D000", 'database "cloudy" does not exist'],
  ["53300", "sorry, too many clients already"],
])("A2: %s is what a session could not begin with, which a pooler hands on to who waits", (code, message) => {
  expect(failureOf(answer(code, message, { severity: "FATAL" }))).toBe("unavailable");
});

test.each([
  ["an outdated plan, in any language", answer("0A000", "кэш", { routine: "RevalidateCachedQuery" })],
  ["a name that is not known", answer("26000")],
  ["a name that is taken", answer("42P05")],
])("A2: %s is a stale statement", (_what, error) => {
  expect(failureOf(error)).toBe("stale");
});

test.each(["0A000", "22012", "42703", "42P01", "23502"])("A2: %s is a mistake of this program", (code) => {
  expect(failureOf(answer(code))).toBe("statement");
});

test("A2: what ends the session is no mistake of this program", () => {
  expect(failureOf(answer("42501", "permission denied", { severity: "FATAL" }))).toBe("connection-lost");
  expect(failureOf(answer("25P03", "idle in transaction", { severity: "FATAL" }))).toBe("connection-lost");
});
