import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { SCRAM_ITERATIONS } from "../constants.ts";

/**
 * What PostgreSQL stores of a password (RFC 5803 as in pg_authid). Made here so that the password itself never travels in
 * an SQL statement, which the server may log.
 */
export function scramVerifier(password: string, salt: Buffer): string {
  const salted = pbkdf2Sync(password.normalize("NFKC"), salt, SCRAM_ITERATIONS, 32, "sha256");
  const sign = (text: string) => createHmac("sha256", salted).update(text).digest();
  const storedKey = createHash("sha256").update(sign("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${SCRAM_ITERATIONS}:${salt.toString("base64")}$${storedKey}:${sign("Server Key").toString("base64")}`;
}
