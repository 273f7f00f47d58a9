import { POOLER_SQLSTATE, poolerAnswer } from "./pooler.ts";

/**
 * What an error of node-postgres means for the connection and for the caller.
 * - `login-refused`: the server wants other credentials, or its certificate another authority; nothing was run.
 * - `stale`: the statement is not, or not any more, what this connection prepared; nothing was run, and it can be prepared again.
 * - `connection-lost`: no answer, or the server is going away; what was sent may or may not have taken effect.
 * - `unavailable`: the server answered that it cannot serve this now; the statement had no effect, the connection lives.
 * - `statement`: the statement itself is at fault, which is a mistake of this program.
 */
export type Failure = "login-refused" | "stale" | "connection-lost" | "unavailable" | "statement";

/** invalid_authorization_specification and invalid_password. */
const LOGIN_REFUSED = ["28000", "28P01"];

/** invalid_sql_statement_name and duplicate_prepared_statement. */
const STATEMENT_LOST = ["26000", "42P05"];

/**
 * A session that could not begin: the server is starting, or the database does not exist. In answer to a statement they come from
 * a pooler, which then had no session to send it to.
 */
const NOT_BEGUN = ["57P03", "3D000"];

/**
 * Connection exceptions, a server that is shutting down, crashed, starting or dropped the database, and
 * statement_completion_unknown.
 */
const CONNECTION_LOST = ["08", "57P", "40003"];

/**
 * Statement timeout, lock timeout, deadlock, serialization failure, read-only (a standby), out of resources, I/O error,
 * internal error: all end with the transaction rolled back.
 */
const UNAVAILABLE = ["57014", "55P03", "40", "25006", "53", "58", "XX"];

/** Severities after which there is no session any more. */
const ENDED = ["FATAL", "PANIC"];

/** What OpenSSL and Node say of a certificate that does not hold; others of the kind start alike. */
const CERTIFICATE_REFUSED = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_)/;

export function failureOf(error: unknown): Failure {
  const code = sqlState(error);
  if (CERTIFICATE_REFUSED.test(codeOf(error))) return "login-refused";
  // Errors of the socket and of node-postgres' own timers carry no SQLSTATE.
  if (code === undefined) return "connection-lost";
  const said = code === POOLER_SQLSTATE ? poolerAnswer(textOf(error, "message")) : undefined;
  if (said === "login-refused" || LOGIN_REFUSED.includes(code)) return "login-refused";
  if (said === "not-sent" || NOT_BEGUN.includes(code)) return "unavailable";
  if (isStatementLost(error) || isPlanOutdated(error)) return "stale";
  if (CONNECTION_LOST.some((prefix) => code.startsWith(prefix))) return "connection-lost";
  if (UNAVAILABLE.some((prefix) => code.startsWith(prefix))) return "unavailable";
  // The server ended the session, for a reason that is not known here: a statement's own mistake does not do that.
  return ENDED.includes(textOf(error, "severity")) ? "connection-lost" : "statement";
}

/** The connection leads to another session than the one that the statement was prepared in, or that one was reset. */
export function isStatementLost(error: unknown): boolean {
  return STATEMENT_LOST.includes(codeOf(error));
}

/**
 * "cached plan must not change result type": a column has another type than when the statement was prepared. The code alone says
 * "feature not supported", the message comes in the server's language.
 */
function isPlanOutdated(error: unknown): boolean {
  return codeOf(error) === "0A000" && textOf(error, "routine") === "RevalidateCachedQuery";
}

/** The five characters of an SQLSTATE; Node's own codes (ECONNRESET) are longer, or come without a severity. */
function sqlState(error: unknown): string | undefined {
  const code = codeOf(error);
  return /^[0-9A-Z]{5}$/.test(code) && error instanceof Object && "severity" in error ? code : undefined;
}

function codeOf(error: unknown): string {
  return textOf(error, "code");
}

function textOf(error: unknown, field: "code" | "message" | "routine" | "severity"): string {
  const value: unknown = error instanceof Object ? Reflect.get(error, field) : undefined;
  return typeof value === "string" ? value : "";
}
