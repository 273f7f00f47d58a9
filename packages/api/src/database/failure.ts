/**
 * What an error of node-postgres means for the connection and for the caller.
 * - `login-refused`: the server wants other credentials, or shows a certificate of another CA; nothing was run.
 * - `connection-lost`: no answer, or the server is going away; what was sent may or may not have taken effect.
 * - `unavailable`: the server answered that it cannot serve this now; the statement had no effect, the connection lives.
 * - `statement`: the statement itself is at fault, which is a mistake of this program.
 */
export type Failure = "login-refused" | "connection-lost" | "unavailable" | "statement";

/** invalid_authorization_specification and invalid_password. */
const LOGIN_REFUSED = ["28000", "28P01"];

/** OpenSSL's words for a certificate that the CA at hand did not sign: the secret may have a newer one. */
const OTHER_CA = [
  "CERT_SIGNATURE_FAILURE",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
];

/** Connection exceptions, and a server that is shutting down, crashed, starting or dropped the database. */
const CONNECTION_LOST = ["08", "57P"];

/**
 * Statement timeout, lock timeout, deadlock, serialization failure, read-only (a standby), out of resources, I/O error,
 * internal error: all end with the transaction rolled back.
 */
const UNAVAILABLE = ["57014", "55P03", "40", "25006", "53", "58", "XX"];

export function failureOf(error: unknown): Failure {
  if (error instanceof Error && "code" in error && OTHER_CA.includes(String(error.code))) return "login-refused";
  const code = sqlState(error);
  // Errors of the socket and of node-postgres' own timers carry no SQLSTATE.
  if (code === undefined) return "connection-lost";
  if (LOGIN_REFUSED.includes(code)) return "login-refused";
  if (CONNECTION_LOST.some((prefix) => code.startsWith(prefix))) return "connection-lost";
  if (UNAVAILABLE.some((prefix) => code.startsWith(prefix))) return "unavailable";
  return "statement";
}

/** The five characters of an SQLSTATE; Node's own codes (ECONNRESET) are longer. */
function sqlState(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" && /^[0-9A-Z]{5}$/.test(error.code) && "severity" in error
    ? error.code
    : undefined;
}
