import type { API_ENVIRONMENT } from "@cloudy/contracts/environment/api.ts";
import type { ValueOf } from "@cloudy/contracts/environment/variable.ts";

/**
 * What stands between this program and PostgreSQL. `transaction`: each transaction may get another session of PostgreSQL, so
 * that nothing which outlasts one can be relied on.
 */
export type Pooler = ValueOf<typeof API_ENVIRONMENT.DATABASE_POOLER>;

/** PgBouncer gives all that it says by itself one SQLSTATE, protocol_violation: only its words tell what it means. */
export const POOLER_SQLSTATE = "08P01";

const LOGIN_REFUSED =
  /^(password authentication failed|SASL authentication failed|no such user|login rejected|"trust" authentication failed)/;

/**
 * What PgBouncer says to clients that it let in but gave no server yet, or did not let in: of a statement of theirs nothing was
 * sent. `query_timeout` is one of these, `query timeout` is not: that one ends a statement under way.
 */
const NOT_SENT =
  /^(query_wait_timeout|query_timeout|server shutting down|server login has been failing|pgbouncer cannot connect|client_login_timeout|no more connections allowed|client connections exceeded|no such database|database ".*" is (disabled|paused)|unsupported (options )?startup parameter)/;

/** What a pooler's own words mean for the statement; undefined where it is unknown what became of it. */
export function poolerAnswer(message: string): "login-refused" | "not-sent" | undefined {
  if (LOGIN_REFUSED.test(message)) return "login-refused";
  return NOT_SENT.test(message) ? "not-sent" : undefined;
}

/** PgBouncer's words, and those of RDS Proxy. */
const SESSION_SETTINGS_REFUSED =
  /^unsupported (options )?startup parameter|does(n't| not) support command-line options/i;

const ADVICE = "set DATABASE_POOLER=transaction where a pooler (PgBouncer, RDS Proxy) stands before the database";

/** With what to do about it, where a pooler refused a connection because of the settings it came with. */
export function withPoolerAdvice(error: unknown): unknown {
  const isRefused = error instanceof Error && SESSION_SETTINGS_REFUSED.test(error.message);
  return isRefused ? new Error(`${error.message}: ${ADVICE}`, { cause: error }) : error;
}

/** For a statement that is not in the session it was prepared in. */
export const STATEMENT_LOST_ADVICE = `a prepared statement is not in its session any more: ${ADVICE}`;
