/**
 * What an error of node-postgres means for the connection and for the caller.
 * - `login-refused`: the server wants other credentials, or its certificate another authority; nothing was run.
 * - `connection-lost`: no answer, or the server is going away; what was sent may or may not have taken effect.
 * - `unavailable`: the server answered that it cannot serve this now; the statement had no effect, the connection lives.
 * - `statement`: the statement itself is at fault, which is a mistake of this program.
 */
export type Failure = "login-refused" | "connection-lost" | "unavailable" | "statement";

/** invalid_authorization_specification and invalid_password. */
const LOGIN_REFUSED = ["28000", "28P01"];

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

/** What OpenSSL and Node say of a certificate that does not hold; others of the kind start alike. */
const CERTIFICATE_REFUSED = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_)/;

export function failureOf(error: unknown): Failure {
  const code = sqlState(error);
  if (CERTIFICATE_REFUSED.test(codeOf(error))) return "login-refused";
  // Errors of the socket and of node-postgres' own timers carry no SQLSTATE.
  if (code === undefined) return "connection-lost";
  if (LOGIN_REFUSED.includes(code)) return "login-refused";
  if (CONNECTION_LOST.some((prefix) => code.startsWith(prefix))) return "connection-lost";
  if (UNAVAILABLE.some((prefix) => code.startsWith(prefix))) return "unavailable";
  return "statement";
}

/** The five characters of an SQLSTATE; Node's own codes (ECONNRESET) are longer, or come without a severity. */
function sqlState(error: unknown): string | undefined {
  const code = codeOf(error);
  return /^[0-9A-Z]{5}$/.test(code) && error instanceof Object && "severity" in error ? code : undefined;
}

function codeOf(error: unknown): string {
  return error instanceof Object && "code" in error && typeof error.code === "string" ? error.code : "";
}
